import type { Fact, Key } from "./Fact.ts"
import type { Reading } from "./Reading.ts"
import type { Wording } from "./Wording.ts"

/** The words and pairs of words by which a statement is found. */
export const keysOf = ({ spots }: Reading, wording: Wording | undefined): ReadonlyArray<Key> => {
  const keys: Array<Key> = []
  spots.forEach(({ kind, lower, pair, stem }, i) => {
    const frame = wording === undefined ? "" : `${wording.frame} ${i} ${lower}`
    if (kind === "content" || kind === "name") keys.push({ text: stem, frame })
    if (pair !== undefined) keys.push({ text: pair, frame: frame === "" ? "" : `${frame} ${spots[i - 1]!.lower}` })
  })
  return keys
}

/** Words by which a negation is told, and that what it denies has not. */
const negating = new Set(["longer", "anymore", "need"])
const stopping = new Set([...negating, "stop", "ceas", "cease", "quit"])

const stopped = /\b(?:has|have) (?:stopped|ceased|quit)\b/i

/** What tells the same in other words or another order has the same; what denies it has the same behind a "not". */
export const signatureOf = ({ frame, negates, olds, stems, text, values }: Reading): string => {
  let words = [...stems]
  if (negates) {
    const left = stopped.test(text) ? stopping : negating
    words = words.filter((stem) => !left.has(stem))
  }
  const numbers = negates && values.length === 0 ? [...olds] : values.map(({ text }) => text)
  return `${negates ? "not " : ""}${frame} ${words.sort().join(" ")} ${numbers.join(" ")}`
}

/** The signature of what a statement denies, or of what denies it. */
export const opposite = (signature: string): string =>
  signature.startsWith("not ") ? signature.slice(4) : `not ${signature}`

const none: ReadonlySet<Fact> = new Set()

type Index = Map<string, Set<Fact>>

const index = (facts: Index, key: string, fact: Fact): void => {
  const known = facts.get(key)
  if (known === undefined) facts.set(key, new Set([fact]))
  else known.add(fact)
}

const unindex = (facts: Index, key: string, fact: Fact): void => {
  const known = facts.get(key)
  if (known?.delete(fact) === true && known.size === 0) facts.delete(key)
}

/** The current statements, found by their words. */
export class Facts {
  readonly #bySignature = new Map<string, Fact>()
  readonly #byStem = new Map<string, Set<Fact>>()
  readonly #byKey = new Map<string, Map<string, Set<Fact>>>()
  readonly #byWording = new Map<string, Set<Fact>>()
  readonly #most: number

  /** `most` is how many are kept. */
  constructor(most: number) {
    this.#most = most
  }

  get all(): Iterable<Fact> {
    return this.#bySignature.values()
  }

  /** The statement of a signature. */
  at(signature: string): Fact | undefined {
    return this.#bySignature.get(signature)
  }

  /** Those in which a word stands. */
  with(stem: string): ReadonlySet<Fact> {
    return this.#byStem.get(stem) ?? none
  }

  /** Those that may be about the same; without a slot only if they are asked for. */
  near({ keys }: Fact, slotless = true): ReadonlySet<Fact> {
    const found = new Set<Fact>()
    for (const { text } of keys)
      for (const fact of this.with(text)) if (slotless || fact.slot !== undefined) found.add(fact)
    return found
  }

  /** Those of `near` but for the ones that differ in a word only, which answers another question. */
  rivals({ keys, worded }: Fact, slotless: boolean): ReadonlySet<Fact> {
    const found = new Set<Fact>()
    for (const { frame, text } of keys) {
      const all: Array<Fact> = []
      let groups = 0
      for (const [other, facts] of this.#byKey.get(text) ?? []) {
        const same = other === frame && worded !== undefined
        for (const fact of same ? (this.#byWording.get(worded) ?? none) : facts) all.push(fact)
        groups++
      }
      if (groups > 1) all.sort((a, b) => a.order - b.order)
      for (const fact of all) if (slotless || fact.slot !== undefined) found.add(fact)
    }
    return found
  }

  add(fact: Fact): void {
    this.#bySignature.set(fact.signature, fact)
    for (const { frame, text } of fact.keys) {
      index(this.#byStem, text, fact)
      let frames = this.#byKey.get(text)
      if (frames === undefined) this.#byKey.set(text, (frames = new Map()))
      index(frames, frame, fact)
    }
    if (fact.worded !== undefined) index(this.#byWording, fact.worded, fact)
    for (const stem of fact.reading.stems) index(this.#byStem, stem, fact)
    if (this.#bySignature.size > this.#most) this.#forget()
  }

  drop(fact: Fact): void {
    this.#bySignature.delete(fact.signature)
    for (const { frame, text } of fact.keys) {
      unindex(this.#byStem, text, fact)
      const frames = this.#byKey.get(text)
      if (frames === undefined) continue
      unindex(frames, frame, fact)
      if (frames.size === 0) this.#byKey.delete(text)
    }
    if (fact.worded !== undefined) unindex(this.#byWording, fact.worded, fact)
    for (const stem of fact.reading.stems) unindex(this.#byStem, stem, fact)
  }

  /** Forgets the tenth that matters least, the oldest first: one by one, each new statement would search them all. */
  #forget(): void {
    const weak = [...this.all].sort((a, b) => a.importance - b.importance || a.order - b.order)
    for (const fact of weak.slice(0, Math.ceil(this.#most / 10))) {
      this.drop(fact)
      if (fact.slot !== undefined) fact.slot.facts = fact.slot.facts.filter((other) => other !== fact)
    }
  }
}
