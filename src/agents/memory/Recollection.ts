import { InvalidOptions } from "../../config/InvalidOptions.ts"
import type { Entry, Kept } from "./Entry.ts"
import { isNewer, make, type Note, type Part } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { Rivals, together } from "./Rivals.ts"
import { Search } from "./Search.ts"
import { split } from "./Split.ts"
import { Chosen, dateOf } from "./Told.ts"
import { sameness } from "./Words.ts"

export interface Options {
  /** Counts the tokens of a text. */
  readonly count: (text: string) => number
  /** Milliseconds since 1970, for entries without `at`. */
  readonly now: () => number
}

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and those that it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

const invalid = (name: string, value: unknown, allowed: string, example: string) =>
  new InvalidOptions({ problems: [{ name, value: String(value), allowed, example }] })

/**
 * What one agent knows. An entry is forgotten when a later one has its key or its words, or when it is asked to be;
 * never otherwise.
 */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #now: () => number
  readonly #notes = new Map<string, Note>()
  readonly #search = new Search()
  readonly #rivals = new Rivals()
  readonly #parts = new Set<Part>()
  /** Parts of the same words, of which the newest is told. */
  readonly #same = new Map<string, Array<Part>>()
  readonly #dates = new Map<string, number>()
  #order = 0
  #ids = 0

  constructor({ count, now }: Options) {
    this.#count = count
    this.#now = now
  }

  /** Adds one entry. Throws `InvalidOptions` for a time or an importance that is no number. */
  remember(given: Entry): Change {
    const { at = this.#now(), importance = 5 } = given
    if (!Number.isFinite(at)) throw invalid("at", at, "milliseconds since 1970", "1767225600000")
    if (Number.isNaN(importance)) throw invalid("importance", importance, "a number from 1 to 10", "5")
    const entry: Kept = { ...given, at }
    const key = entry.key ?? keyOf(entry.text)
    const name = key === undefined ? `words ${sameness(entry.text)}` : `key ${key}`
    const before = this.#notes.get(name)
    if (before !== undefined && before.entry.at > at) return { added: undefined, dropped: [] }
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
    let left = budgetTokens
    for (const part of this.#ranked(situation, latest)) {
      if (left < 4) break
      if (chosen.parts.has(part)) continue
      const cost = this.#choose(part, chosen, left, latest)
      left -= cost
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
      const same = this.#same.get(part.same)
      if (same === undefined) this.#same.set(part.same, [part])
      else same.push(part)
    }
  }

  #remove(name: string, { parts }: Note): void {
    this.#notes.delete(name)
    for (const part of parts) {
      this.#parts.delete(part)
      this.#search.remove(part)
      this.#rivals.remove(part)
      const same = this.#same.get(part.same)!.filter((other) => other !== part)
      if (same.length === 0) this.#same.delete(part.same)
      else this.#same.set(part.same, same)
    }
  }

  #latest(): number {
    let latest = -Infinity
    for (const { entry } of this.#notes.values()) latest = Math.max(latest, entry.at)
    return latest
  }

  /** Parts by what they are worth for each token. */
  #ranked(situation: string, latest: number): ReadonlyArray<Part> {
    const scores = this.#search.scores(situation)
    const worth = new Map<Part, number>()
    for (const part of this.#parts) {
      const same = this.#same.get(part.same)!
      if (same.length > 1 && same.some((other) => isNewer(other, part))) continue
      worth.set(part, this.#worth(part, scores.get(part.id) ?? 0))
    }
    return [...worth.keys()].sort((a, b) => worth.get(b)! - worth.get(a)!)
  }

  #worth(part: Part, score: number): number {
    let current = 1
    for (const [other, { replaces }] of part.rivals) if (isNewer(other, part)) current *= 1 - replaces
    const weight = Math.min(10, Math.max(1, part.importance)) / 5
    const chance = current * (score * (0.5 + weight / 2) + 0.05 * weight ** 2)
    return (part.isRule && current > 0.5 ? 1000 : 0) + chance / (this.#tokens(part) + 4)
  }

  /** Adds a part, and the newer ones without which it would be told as if it were current; the tokens that takes. */
  #choose(part: Part, chosen: Chosen, left: number, latest: number): number {
    const bundle = [part]
    for (const member of bundle)
      for (const [other, { likeness }] of member.rivals)
        if (likeness >= together && isNewer(other, member) && !chosen.parts.has(other) && !bundle.includes(other))
          bundle.push(other)
    let cost = 0
    const trial: Array<Part> = []
    for (const member of bundle) {
      cost += this.#tokens(member)
    }
    const dated = new Set(bundle.flatMap((member) => chosen.dated(member)))
    if (bundle.length > 1) for (const member of bundle) dated.add(member)
    for (const member of dated) cost += this.#dateTokens(member, latest)
    if (cost > left) return 0
    void trial
    for (const member of bundle) chosen.add(member)
    return cost
  }

  #dateTokens(part: Part, latest: number): number {
    const date = dateOf(part.at, [...part.rivals.keys()].map(({ at }) => at), latest)
    let tokens = this.#dates.get(date)
    if (tokens === undefined) {
      if (this.#dates.size > 10_000) this.#dates.clear()
      this.#dates.set(date, (tokens = this.#count(date)))
    }
    return tokens
  }

  #tokens(part: Part): number {
    return (part.tokens ??= this.#count(`${part.label}${part.text}\n`) + (part.lead === "" ? 0 : this.#count(`${part.lead}\n`)))
  }
}
