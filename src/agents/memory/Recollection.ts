import { InvalidOptions } from "../../config/InvalidOptions.ts"
import type { Kept } from "./Entry.ts"
import { compare, make, outlookOf, type Part } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { Rivals } from "./Rivals.ts"
import { Search } from "./Search.ts"
import { split } from "./Split.ts"
import { Chosen, dateOf, yearOf } from "./Told.ts"

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and those that it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

/** Each time a word is told of, the next part that tells of it is worth less by this. */
const decay = 0.8
/** Parts that a situation may want though none of their words are in it. */
const wanted = 6

const invalid = (name: string, value: unknown, allowed: string, example: string) =>
  new InvalidOptions({ problems: [{ name, value: String(value), allowed, example }] })

/** What two entries have in common if the later replaces the other. */
const nameOf = ({ key, kind = "", text }: Kept): string => {
  if (key !== undefined) return `key ${key}`
  const derived = keyOf(text)
  return derived === undefined ? `words ${text.normalize().replace(/\s+/g, " ").trim()}` : `form ${kind} ${derived}`
}

/** The same words said again: as important as ever before. */
const again = (before: Kept, entry: Kept): Kept => {
  const importance = Math.max(before.importance ?? 5, entry.importance ?? 5)
  const kind = before.kind === "rule" ? before.kind : entry.kind
  return kind === entry.kind && importance === (entry.importance ?? 5) ? entry : { ...entry, importance, kind }
}

/** A part, and those without which it would be told as if it were current. */
const bundleOf = (part: Part, chosen: Chosen): ReadonlyArray<Part> => {
  const { successor } = outlookOf(part)
  return successor === undefined || chosen.parts.has(successor) ? [part] : [part, ...bundleOf(successor, chosen)]
}

/** How much of what was asked by these words is not told yet. */
const freshness = (words: ReadonlyArray<string>, covered: ReadonlyMap<string, number>): number => {
  let sum = 0
  for (const word of words) sum += decay ** (covered.get(word) ?? 0)
  return words.length === 0 ? 1 : sum / words.length
}

/** The place of a rank among others, which ascend. */
const placeOf = (rank: number, ranked: ReadonlyArray<{ readonly rank: number }>): number => {
  let [low, high] = [0, ranked.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranked[middle]!.rank <= rank) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * What one agent knows. An entry is forgotten when a later one has its key or its words, or when it is asked to be;
 * never otherwise.
 */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #notes = new Map<string, { readonly entry: Kept; readonly parts: ReadonlyArray<Part> }>()
  readonly #search = new Search()
  readonly #rivals = new Rivals()
  readonly #parts = new Set<Part>()
  readonly #dates: Array<number> = []
  #current: { readonly first: number; readonly latest: number; readonly parts: ReadonlyArray<Part> } | undefined
  #order = 0
  #ids = 0

  /** Makes an empty one, which counts tokens as it is told. */
  constructor({ count }: { readonly count: (text: string) => number }) {
    this.#count = count
  }

  /** Adds one entry. Throws `InvalidOptions` for a time or an importance that is no number. */
  remember(given: Kept): Change {
    const { at, importance = 5 } = given
    if (!(Math.abs(at) <= 8.64e15)) throw invalid("at", at, "milliseconds since 1970", "1767225600000")
    if (Number.isNaN(importance)) throw invalid("importance", importance, "a number from 1 to 10", "5")
    const name = nameOf(given)
    const before = this.#notes.get(name)?.entry
    if (before !== undefined && before.at > at) return { added: undefined, dropped: [given] }
    if (before !== undefined) this.#remove(name)
    const added = before === undefined || given.key !== undefined ? given : again(before, given)
    this.#add(name, added)
    return { added, dropped: before === undefined ? [] : [before] }
  }

  /** Forgets the entries under a key, or all for which a function says so; returns those. */
  forget(which: string | ((entry: Kept) => boolean)): ReadonlyArray<Kept> {
    const isMeant = typeof which === "string" ? (entry: Kept) => entry.key === which : which
    const found = [...this.#notes].filter(([, { entry }]) => isMeant(entry))
    for (const [name] of found) this.#remove(name)
    return found.map(([, { entry }]) => entry)
  }

  /** All that is remembered, oldest first. */
  list(): ReadonlyArray<Kept> {
    return [...this.#notes.values()].map(({ entry }) => entry).sort((a, b) => a.at - b.at)
  }

  /**
   * What a situation asks for, a line a statement, in at most so many tokens; nothing if that is 0 or less.
   *
   * Throws `InvalidOptions` for a number of tokens that is no number.
   */
  context(situation: string, budgetTokens: number): string {
    if (Number.isNaN(budgetTokens)) throw invalid("budgetTokens", budgetTokens, "a number of tokens", "600")
    const { first, latest, parts } = this.#told()
    const chosen = new Chosen()
    const need = this.#need(situation, first, latest)
    const ranked = parts
      .map((part) => ({ part, rank: need.of(part) / (this.#tokens(part) + 4) }))
      .sort((a, b) => a.rank - b.rank)
    let left = budgetTokens
    for (let next = ranked.pop(); next !== undefined; next = ranked.pop()) {
      const { part, rank } = next
      if (chosen.parts.has(part) || this.#tokens(part) > left) continue
      const bundle = bundleOf(part, chosen)
      const cost = this.#cost(bundle, chosen, latest)
      if (cost > left) continue
      // What has been chosen may have made it dearer or less needed.
      const now = need.of(part) / (cost + 4)
      if (now < rank * 0.99) ranked.splice(placeOf(now, ranked), 0, { part, rank: now })
      else {
        left -= cost
        for (const member of bundle) chosen.add(member)
        for (const member of bundle) need.told(member)
      }
    }
    return chosen.text(latest)
  }

  /** The parts that may be told, of those with the same words the newest, and their times; found anew after a change. */
  #told() {
    if (this.#current !== undefined) return this.#current
    const newest = new Map<string, Part>()
    let [first, latest] = [Infinity, -Infinity]
    for (const part of this.#parts) {
      if (compare(part, newest.get(part.same) ?? part) >= 0) newest.set(part.same, part)
      first = Math.min(first, part.entry.at)
      latest = Math.max(latest, part.entry.at)
    }
    return (this.#current = { first, latest, parts: [...newest.values()] })
  }

  /** How likely each part is needed in a situation and current, as long as so much has been told. */
  #need(situation: string, first: number, latest: number) {
    const hits = this.#search.find(situation, (word) => this.#rivals.isCommon(word))
    const covered = new Map<string, number>()
    const scale = Math.log(1 + this.#parts.size)
    const prior = Math.min(0.1, wanted / (this.#parts.size + 10))
    const asked = (part: Part): number => {
      const { at, importance = 5, kind } = part.entry
      if (kind === "rule" || importance >= 10) return 1000
      const hit = hits.get(part.id)
      const bits = hit === undefined ? 0 : (hit.score * freshness(hit.words, covered)) / scale
      const weight = Math.max(1, importance) / 5
      const own = (1 - Math.exp(-(bits ** 1.5))) * (0.5 + weight / 2) + prior * weight ** 4
      const recency = 1 - (0.2 * (latest - at)) / Math.max(1, latest - first)
      return own * recency * this.#rivals.surprise(part) ** 2
    }
    return {
      of: (part: Part): number => outlookOf(part).current * asked(part),
      told: (part: Part): void => {
        for (const word of hits.get(part.id)?.words ?? []) covered.set(word, (covered.get(word) ?? 0) + 1)
      }
    }
  }

  #add(name: string, entry: Kept): void {
    this.#current = undefined
    const order = this.#order++
    const parts = split(entry.text).map((piece) => make(entry, order, this.#ids++, piece))
    this.#notes.set(name, { entry, parts })
    for (const part of parts) {
      this.#parts.add(part)
      this.#search.add(part)
      this.#rivals.add(part)
    }
  }

  #remove(name: string): void {
    this.#current = undefined
    for (const part of this.#notes.get(name)!.parts) {
      this.#parts.delete(part)
      this.#search.remove(part)
      this.#rivals.remove(part)
    }
    this.#notes.delete(name)
  }

  /** The tokens that parts take, with the dates that they show and make others show. */
  #cost(bundle: ReadonlyArray<Part>, chosen: Chosen, latest: number): number {
    const dated = new Set(bundle.length > 1 ? bundle : [])
    let cost = 0
    for (const part of bundle) {
      cost += this.#tokens(part)
      for (const other of chosen.dated(part)) dated.add(other)
    }
    const year = yearOf(latest)
    for (const part of dated) {
      // Dates of one form have as many tokens.
      const form = (yearOf(part.entry.at) === year ? 0 : 2) + (outlookOf(part).sharesDay ? 1 : 0)
      cost += this.#dates[form] ??= this.#count(dateOf(part, form % 2 === 1, latest))
    }
    return cost
  }

  #tokens(part: Part): number {
    const { lead, text } = part
    return (part.tokens ??= this.#count(`${text}\n`) + (lead === "" ? 0 : this.#count(`${lead}\n`)))
  }
}
