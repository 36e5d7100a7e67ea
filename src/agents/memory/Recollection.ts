import { InvalidOptions } from "../../config/InvalidOptions.ts"
import type { Kept } from "./Entry.ts"
import { isNewer, make, type Note, outlookOf, type Part } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { Heap } from "./Heap.ts"
import { Rivals } from "./Rivals.ts"
import { Search } from "./Search.ts"
import { split } from "./Split.ts"
import { Chosen, dateOf } from "./Told.ts"
import { sameness } from "./Words.ts"

export interface Options {
  /** Counts the tokens of a text. */
  readonly count: (text: string) => number
}

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and those that it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

// Below this a part is as good as replaced, and what is asked of it is asked of its successor.
const certain = 0.1
/** What is told of a word once makes the next part that tells of it worth less. */
const decay = 0.8
/** Parts that a situation may want though none of their words are in it. */
const wanted = 6

const invalid = (name: string, value: unknown, allowed: string, example: string) =>
  new InvalidOptions({ problems: [{ name, value: String(value), allowed, example }] })

/** The same words said again: as important as ever before. */
const again = (before: Kept, entry: Kept): Kept => ({
  ...entry,
  kind: before.kind === "rule" ? before.kind : entry.kind,
  importance: Math.max(before.importance ?? 5, entry.importance ?? 5)
})

/** A part, and those without which it would be told as if it were current. */
const bundleOf = (part: Part, chosen: Chosen): ReadonlyArray<Part> => {
  const bundle = [part]
  for (
    let next = outlookOf(part).successor;
    next !== undefined && !chosen.parts.has(next);
    next = outlookOf(next).successor
  )
    bundle.push(next)
  return bundle
}

/** How much of what was asked by these words is not told yet. */
const freshness = (words: ReadonlyArray<string>, covered: ReadonlyMap<string, number>): number => {
  let sum = 0
  for (const word of words) sum += decay ** (covered.get(word) ?? 0)
  return words.length === 0 ? 1 : sum / words.length
}

/**
 * What one agent knows. An entry is forgotten when a later one has its key or its words, or when it is asked to be;
 * never otherwise.
 */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #notes = new Map<string, Note>()
  readonly #search = new Search()
  readonly #rivals = new Rivals()
  readonly #parts = new Set<Part>()
  /** Parts of the same words, of which the newest is told. */
  readonly #same = new Map<string, ReadonlyArray<Part>>()
  readonly #dates = new Map<string, number>()
  #order = 0
  #ids = 0

  constructor({ count }: Options) {
    this.#count = count
  }

  /** Adds one entry. Throws `InvalidOptions` for a time or an importance that is no number. */
  remember(given: Kept): Change {
    const { at, importance = 5, text } = given
    if (!Number.isFinite(at)) throw invalid("at", at, "milliseconds since 1970", "1767225600000")
    if (Number.isNaN(importance)) throw invalid("importance", importance, "a number from 1 to 10", "5")
    const key = given.key ?? keyOf(text)
    const name = key === undefined ? `words ${sameness(text)}` : `key ${key}`
    const before = this.#notes.get(name)
    if (before !== undefined && before.entry.at > at) return { added: undefined, dropped: [] }
    const entry = key === undefined && before !== undefined ? again(before.entry, given) : { ...given }
    if (before !== undefined) this.#remove(name, before)
    this.#add(name, entry)
    return { added: entry, dropped: before === undefined ? [] : [before.entry] }
  }

  /** Forgets the entries under a key, or all for which a function says so; returns those. */
  forget(which: string | ((entry: Kept) => boolean)): ReadonlyArray<Kept> {
    const isMeant = typeof which === "string" ? (entry: Kept) => entry.key === which : which
    const found = [...this.#notes].filter(([, { entry }]) => isMeant(entry))
    for (const [name, note] of found) this.#remove(name, note)
    return found.map(([, { entry }]) => entry)
  }

  /** All that is remembered, oldest first. */
  list(): ReadonlyArray<Kept> {
    const notes = [...this.#notes.values()].sort((a, b) => a.entry.at - b.entry.at || a.order - b.order)
    return notes.map(({ entry }) => entry)
  }

  /**
   * What a situation asks for, a line a statement, in at most so many tokens; nothing if that is 0 or less.
   *
   * Throws `InvalidOptions` for a number of tokens that is no number.
   */
  context(situation: string, budgetTokens: number): string {
    if (Number.isNaN(budgetTokens)) throw invalid("budgetTokens", budgetTokens, "a number of tokens", "600")
    const latest = this.#latest()
    const chosen = new Chosen(latest)
    const hits = this.#search.find(situation)
    const scale = Math.log(1 + this.#parts.size)
    const covered = new Map<string, number>()
    const inherited = new Map<Part, number>()
    const asked = (part: Part): number => {
      const hit = hits.get(part.id)
      const score =
        hit === undefined ? 0 : 1 - Math.exp(-(((hit.score * freshness(hit.words, covered)) / scale) ** 1.5))
      return Math.max(inherited.get(part) ?? 0, this.#asked(part, score))
    }
    const chance = (part: Part): number => outlookOf(part).current * asked(part)
    // What is needed of a part is needed of the one that replaces it, in whatever words.
    for (const part of this.#parts) {
      const { current, successor: next } = outlookOf(part)
      if (next === undefined || current > certain) continue
      const passed = (1 - current) * asked(part)
      if (passed > (inherited.get(next) ?? 0)) inherited.set(next, passed)
    }
    const heap = new Heap<Part>()
    let least = Infinity
    for (const part of this.#parts) {
      if (part.isRepeated) continue
      const tokens = this.#tokens(part)
      heap.push(part, chance(part) / (tokens + 4))
      least = Math.min(least, tokens)
    }
    let left = budgetTokens
    for (let next = heap.pop(); next !== undefined && left >= least; next = heap.pop()) {
      const [part, was] = next
      if (chosen.parts.has(part) || this.#tokens(part) > left) continue
      const bundle = bundleOf(part, chosen)
      const cost = this.#cost(bundle, chosen, latest)
      const now = chance(part) / (cost + 4)
      if (now < was * 0.99) {
        heap.push(part, now)
        continue
      }
      if (cost > left) continue
      left -= cost
      for (const member of bundle) {
        chosen.add(member)
        for (const word of hits.get(member.id)?.words ?? []) covered.set(word, (covered.get(word) ?? 0) + 1)
      }
    }
    return chosen.text()
  }

  #add(name: string, entry: Kept): void {
    const order = this.#order++
    const parts = split(entry.text).map((piece, index) => make(entry, order, index, this.#ids++, piece))
    this.#notes.set(name, { entry, order, parts })
    for (const part of parts) {
      this.#parts.add(part)
      this.#search.add(part)
      this.#rivals.add(part)
      this.#setSame(part.same, [...(this.#same.get(part.same) ?? []), part])
    }
  }

  #remove(name: string, { parts }: Note): void {
    this.#notes.delete(name)
    for (const part of parts) {
      this.#parts.delete(part)
      this.#search.remove(part)
      this.#rivals.remove(part)
      this.#setSame(
        part.same,
        this.#same.get(part.same)!.filter((other) => other !== part)
      )
    }
  }

  #setSame(words: string, parts: ReadonlyArray<Part>): void {
    if (parts.length === 0) this.#same.delete(words)
    else this.#same.set(words, parts)
    for (const part of parts) part.isRepeated = parts.some((other) => isNewer(other, part))
  }

  #latest(): number {
    let latest = -Infinity
    for (const { entry } of this.#notes.values()) latest = Math.max(latest, entry.at)
    return latest
  }

  /** How likely a part is needed; a rule surely is. */
  #asked(part: Part, score: number): number {
    if (part.isRule) return 1000
    const weight = Math.min(10, Math.max(1, part.importance)) / 5
    return (
      (score * (0.5 + weight / 2) + Math.min(0.1, wanted / (this.#parts.size + 10)) * weight ** 4) *
      this.#rivals.surprise(part) ** 2
    )
  }

  /** The tokens that parts take, with the dates that they show and make others show. */
  #cost(bundle: ReadonlyArray<Part>, chosen: Chosen, latest: number): number {
    const dated = new Set(bundle.flatMap((part) => chosen.dated(part)))
    if (bundle.length > 1) for (const part of bundle) dated.add(part)
    let cost = 0
    for (const part of bundle) cost += this.#tokens(part)
    for (const part of dated) cost += this.#dateTokens(part, latest)
    return cost
  }

  #dateTokens(part: Part, latest: number): number {
    const date = dateOf(
      part.at,
      [...part.rivals.keys()].map(({ at }) => at),
      latest
    )
    let tokens = this.#dates.get(date)
    if (tokens === undefined) {
      if (this.#dates.size > 10_000) this.#dates.clear()
      this.#dates.set(date, (tokens = this.#count(date)))
    }
    return tokens
  }

  #tokens(part: Part): number {
    return (part.tokens ??=
      this.#count(`${part.label}${part.text}\n`) + (part.lead === "" ? 0 : this.#count(`${part.lead}\n`)))
  }
}
