import type { Fact } from "./Fact.ts"
import type { Reading } from "./Reading.ts"

/** The words and pairs of words by which a statement is found. */
export const keysOf = ({ spots }: Reading): ReadonlyArray<string> => {
  const keys: Array<string> = []
  for (const { kind, pair, stem } of spots) {
    if (kind === "content" || kind === "name") keys.push(stem)
    if (pair !== undefined) keys.push(pair)
  }
  return keys
}

/** Words by which a negation is told, and that what it denies has not. */
const negating = new Set(["longer", "anymore", "need"])
const stopping = new Set([...negating, "stop", "ceas", "cease", "quit"])

const signature = ({ frame, negates, olds, stems, text, values }: Reading, negative: boolean): string => {
  const left = /\b(?:has|have) (?:stopped|ceased|quit)\b/i.test(text) ? stopping : negating
  const words = negates ? [...stems].filter((stem) => !left.has(stem)) : [...stems]
  const numbers = negates && values.length === 0 ? [...olds] : values.map(({ text }) => text)
  return `${frame}${negative ? " not" : ""} ${words.sort().join(" ")} ${numbers.join(" ")}`
}

/** What tells the same in other words or another order has the same. */
export const signatureOf = (reading: Reading): string => signature(reading, reading.negates)

/** The signature of what a statement denies, or what denies it. */
export const opposite = (reading: Reading): string => signature(reading, !reading.negates)

const none: ReadonlySet<Fact> = new Set()

/** The current statements, found by their words. */
export class Facts {
  readonly #bySignature = new Map<string, Fact>()
  readonly #byStem = new Map<string, Set<Fact>>()
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
    for (const key of keys) for (const fact of this.with(key)) if (slotless || fact.slot !== undefined) found.add(fact)
    return found
  }

  add(fact: Fact): void {
    this.#bySignature.set(fact.signature, fact)
    for (const key of fact.keys) this.#index(key, fact)
    for (const stem of fact.reading.stems) this.#index(stem, fact)
    if (this.#bySignature.size > this.#most) this.#forget()
  }

  drop(fact: Fact): void {
    this.#bySignature.delete(fact.signature)
    for (const key of fact.keys) this.#unindex(key, fact)
    for (const stem of fact.reading.stems) this.#unindex(stem, fact)
  }

  #index(word: string, fact: Fact): void {
    const facts = this.#byStem.get(word)
    if (facts === undefined) this.#byStem.set(word, new Set([fact]))
    else facts.add(fact)
  }

  #unindex(word: string, fact: Fact): void {
    const facts = this.#byStem.get(word)
    if (facts?.delete(fact) === true && facts.size === 0) this.#byStem.delete(word)
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
