import { check, type Kept } from "./Entry.ts"
import { Index } from "./Index.ts"
import { compare, make, type Part } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { split } from "./Split.ts"
import { Chosen } from "./Told.ts"

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and those that it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

/** Each part that is chosen lowers the worth of its words for the next part by this factor. */
const decay = 0.8
/** Parts that a situation may want though none of their words are in it. */
const wanted = 6

const sum = (figures: ReadonlyArray<number>): number => figures.reduce((a, b) => a + b, 0)

/** What two entries have in common if the later replaces the other. */
const nameOf = ({ key, kind = "", text }: Kept): string => {
  if (key !== undefined) return `key ${key.normalize()}`
  const derived = keyOf(text)
  return derived === undefined ? `words ${text.normalize().replace(/\s+/g, " ").trim()}` : `form ${kind} ${derived}`
}

/** The same words said again: as important as ever before. */
const again = (before: Kept, entry: Kept): Kept => {
  const importance = Math.max(before.importance ?? 5, entry.importance ?? 5)
  const kind = before.kind === "rule" ? before.kind : entry.kind
  return kind === entry.kind && importance === (entry.importance ?? 5) ? entry : { ...entry, importance, kind }
}

/**
 * What one agent knows. An entry is forgotten when a later one has its key or its words, or when it is asked to be;
 * never otherwise. Values that are not allowed throw `InvalidOptions`.
 */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #notes = new Map<string, { readonly entry: Kept; readonly parts: ReadonlyArray<Part> }>()
  readonly #index = new Index()
  #told: { readonly first: number; readonly latest: number; readonly parts: ReadonlyArray<Part> } | undefined
  #ids = 0

  /** Makes an empty one, which counts tokens as it is told. */
  constructor({ count }: { readonly count: (text: string) => number }) {
    this.#count = count
  }

  /** Adds one entry. */
  remember(given: Kept): Change {
    const steps = this.remembering(given)
    for (;;) {
      const { done, value } = steps.next()
      if (done) return value
    }
  }

  /** Adds one entry in steps, after each of which others may have a turn. */
  *remembering(given: Kept): Generator<void, Change> {
    check(given, ["text", "at", "key", "importance", "kind"])
    const name = nameOf(given)
    const before = this.#notes.get(name)?.entry
    if (before !== undefined && before.at > given.at) return { added: undefined, dropped: [given] }
    if (before !== undefined) this.#remove(name)
    const added = before === undefined || given.key !== undefined ? { ...given } : again(before, { ...given })
    const parts: Array<Part> = []
    this.#notes.set(name, { entry: added, parts })
    for (const piece of split(added.text)) {
      if (piece.text === "") continue
      const part = make(added, this.#ids++, piece, this.#index.word)
      this.#told = undefined
      parts.push(part)
      this.#index.add(part)
      if (parts.length % 100 === 0) yield
    }
    return { added, dropped: before === undefined ? [] : [before] }
  }

  /** Forgets the entries under a key, or all for which a function says so; returns those. */
  forget(which: string | ((entry: Kept) => boolean)): ReadonlyArray<Kept> {
    check({ which }, ["which"])
    const isMeant = (entry: Kept) =>
      typeof which === "string" ? entry.key?.normalize() === which.normalize() : which({ ...entry })
    const found = [...this.#notes].filter(([, { entry }]) => isMeant(entry))
    for (const [name] of found) this.#remove(name)
    return found.map(([, { entry }]) => entry)
  }

  /** Copies of all that is remembered, oldest first. */
  list(): ReadonlyArray<Kept> {
    return [...this.#notes.values()].map(({ entry }) => ({ ...entry })).sort((a, b) => a.at - b.at)
  }

  /** What a situation asks for, a line a statement, in at most so many tokens; nothing if that is 0 or less. */
  context(situation: string, budgetTokens: number): string {
    check({ situation, budgetTokens }, ["situation", "budgetTokens"])
    const { first, latest, parts } = (this.#told ??= this.#newest())
    const chosen = new Chosen(this.#index, latest)
    const { asked, tell } = this.#need(situation, first, latest)
    const ranked = parts.map((part) => ({ part, rank: asked(part) / (this.#tokensOf(part) + 4) }))
    ranked.sort((a, b) => a.rank - b.rank)
    let left = budgetTokens
    for (let next = ranked.pop(); next !== undefined; next = ranked.pop()) {
      const { part } = next
      if (chosen.parts.has(part) || this.#tokensOf(part) > left) continue
      const bundle = this.#bundle(part, chosen)
      const cost = sum(bundle.map((member) => this.#tokensOf(member))) + sum(chosen.dates(bundle).map(this.#count))
      if (cost > left) continue
      // What has been chosen may have made it dearer or less needed.
      const rank = (this.#index.outlook(part).current * asked(part)) / (cost + 4)
      if (rank < (ranked.at(-1)?.rank ?? 0)) {
        ranked.splice(ranked.findLastIndex((other) => other.rank <= rank) + 1, 0, { part, rank })
        continue
      }
      left -= cost
      chosen.add(bundle)
      bundle.forEach(tell)
    }
    return chosen.text()
  }

  /** The parts that may be told, of those with the same words the newest, and their times. */
  #newest() {
    const newest = new Map<string, Part>()
    for (const { parts } of this.#notes.values())
      for (const part of parts) if (compare(part, newest.get(part.same) ?? part) >= 0) newest.set(part.same, part)
    const times = Array.from(this.#notes.values(), ({ entry }) => entry.at).sort((a, b) => a - b)
    return { first: times[0] ?? 0, latest: times.at(-1) ?? 0, parts: [...newest.values()] }
  }

  /** How likely each part is needed in a situation, as long as so much has been told. */
  #need(situation: string, first: number, latest: number) {
    const hits = this.#index.find(situation)
    const covered = new Map<string, number>()
    const { size } = this.#index
    const prior = Math.min(0.1, wanted / (size + 10))
    /** How much of what was asked by these words is not told yet. */
    const freshness = (words: ReadonlyArray<string>): number =>
      words.reduce((sum, word) => sum + decay ** (covered.get(word) ?? 0), 0) / words.length
    const asked = (part: Part): number => {
      const { at, importance = 5, kind } = part.entry
      if (kind === "rule" || importance >= 10) return 1000
      const hit = hits.get(part.id)
      const bits = hit === undefined ? 0 : (hit.score * freshness(hit.words)) / Math.log(1 + size)
      const weight = importance / 5
      const own = (1 - Math.exp(-(bits ** 1.5))) * (0.5 + weight / 2) + prior * weight ** 4
      const recency = 1 - (0.2 * (latest - at)) / Math.max(1, latest - first)
      return own * recency * this.#index.worth(part).surprise ** 2
    }
    const tell = (part: Part): void => {
      for (const word of hits.get(part.id)?.words ?? []) covered.set(word, (covered.get(word) ?? 0) + 1)
    }
    return { asked, tell }
  }

  #remove(name: string): void {
    this.#told = undefined
    for (const part of this.#notes.get(name)!.parts) this.#index.remove(part)
    this.#notes.delete(name)
  }

  /** A part, and those without which it would be told as if it were current. */
  #bundle(part: Part, chosen: Chosen): ReadonlyArray<Part> {
    const { successor } = this.#index.outlook(part)
    return successor === undefined || chosen.parts.has(successor) ? [part] : [part, ...this.#bundle(successor, chosen)]
  }

  #tokensOf(part: Part): number {
    return (part.tokens ??= this.#count(`${part.text}\n`) + (part.lead === "" ? 0 : this.#count(`${part.lead}\n`)))
  }
}
