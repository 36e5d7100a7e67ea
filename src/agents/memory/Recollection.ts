import { checkEntry, checkSituation, checkWhich, type Kept } from "./Entry.ts"
import { Index } from "./Index.ts"
import { compare, make, type Part, unspaced } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { split } from "./Split.ts"

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and what it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

// What has been told of a word is asked less, by this factor each time.
const decay = 0.8
// Parts that a situation may want though none of their words are in it.
const wanted = 6

/** What two entries have in common if the later replaces the other. */
const nameOf = ({ key, kind = "", text }: Kept): string => {
  if (key !== undefined) return `key ${key.normalize()}`
  const derived = keyOf(text)
  return derived === undefined ? `words ${unspaced(text.normalize())}` : `form ${kind} ${derived}`
}

/** The same words again: as important as ever before, and a rule if they were one. */
const again = (before: Kept, entry: Kept): Kept =>
  Object.assign(entry, {
    importance: Math.max(before.importance ?? 5, entry.importance ?? 5),
    kind: before.kind === "rule" ? before.kind : entry.kind
  })

/** Inserts one behind those that rank no higher. */
const insert = <A extends { readonly rank: number }>(ranked: Array<A>, one: A): void => {
  let [low, high] = [0, ranked.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranked[middle]!.rank <= one.rank) low = middle + 1
    else high = middle
  }
  ranked.splice(low, 0, one)
}

const dayOf = ({ entry }: Part): number => Math.floor(entry.at / 86_400_000)

/** What has been chosen for a context: a part shows its date if it has a rival in it. */
class Chosen {
  readonly parts = new Set<Part>()
  readonly #index: Index
  readonly #year: number
  /** The chosen parts of which a part is a rival. */
  readonly #named = new Map<Part, ReadonlyArray<Part>>()
  readonly #dated = new Set<Part>()

  constructor(index: Index, latest: number) {
    this.#index = index
    this.#year = new Date(latest).getUTCFullYear()
  }

  add(part: Part): void {
    this.parts.add(part)
    for (const other of this.#index.outlook(part).rivals)
      this.#named.set(other, [...(this.#named.get(other) ?? []), part])
    for (const other of this.#rivals(part)) this.#dated.add(part).add(other)
  }

  /** The dates that become visible when parts are added. */
  dates(bundle: ReadonlyArray<Part>): ReadonlyArray<string> {
    const rivals = new Set(bundle.flatMap((part) => this.#rivals(part)))
    const dated = [...rivals].filter((part) => !this.#dated.has(part))
    if (rivals.size > 0 || bundle.length > 1) dated.push(...bundle)
    return dated.map((part) => this.#date(part))
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(): string {
    const newest = this.#newest()
    const order = [...this.parts].sort((a, b) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    const headOf = (part: Part): string =>
      (this.#dated.has(part) ? this.#date(part) : "") + (part.lead === "" ? "" : `${part.lead}\n`)
    const isBelow = (part: Part, above: Part | undefined): boolean =>
      above?.entry === part.entry && headOf(above) === headOf(part)
    return order.map((part, i) => (isBelow(part, order[i - 1]) ? "" : headOf(part)) + part.text).join("\n")
  }

  /** The rivals of a part that have been chosen. */
  #rivals(part: Part): ReadonlyArray<Part> {
    const own = this.#index.outlook(part).rivals.filter((other) => this.parts.has(other))
    return own.concat(this.#named.get(part) ?? [])
  }

  /** The date of a line, in UTC: with the year if it is not that of the latest, with the time if a rival shares the day. */
  #date(part: Part): string {
    const [, day, month, year, time = ""] = new Date(part.entry.at).toUTCString().split(" ")
    const sameDay = this.#index.outlook(part).rivals.filter((other) => dayOf(other) === dayOf(part))
    const isClose = sameDay.some(({ entry: { at } }) => Math.abs(at - part.entry.at) < 60_000 && at !== part.entry.at)
    const clock = sameDay.length === 0 ? "" : ` ${time.slice(0, isClose ? 8 : 5)}`
    return `[${Number(day)} ${month}${Number(year) === this.#year ? "" : ` ${year}`}${clock}] `
  }

  /** The newest of those that stand together, for each part: of its rivals, of theirs, and so on. */
  #newest(): ReadonlyMap<Part, Part> {
    const newest = new Map<Part, Part>()
    for (const first of [...this.parts].sort((a, b) => compare(b, a))) {
      const open = newest.has(first) ? [] : [first]
      for (let part = open.pop(); part !== undefined; part = open.pop()) {
        newest.set(part, first)
        open.push(...this.#rivals(part).filter((other) => !newest.has(other)))
      }
    }
    return newest
  }
}

/** What one agent knows, in the very entries that it is given: `Memory` without effects. Throws `InvalidOptions`. */
export class Recollection {
  readonly #count: (text: string) => number
  readonly #notes = new Map<string, { readonly entry: Kept; readonly parts: ReadonlyArray<Part> }>()
  readonly #index = new Index()
  #told: { readonly first: number; readonly latest: number; readonly parts: ReadonlyArray<Part> } | undefined
  #ids = 0

  constructor({ count }: { readonly count: (text: string) => number }) {
    this.#count = count
  }

  remember(given: Kept): Change {
    return [...this.remembering(given)].at(-1)!
  }

  /** Adds one entry in steps, after each of which others may have a turn. The last one tells the change. */
  *remembering(given: Kept): Generator<Change | undefined> {
    checkEntry(given)
    const name = nameOf(given)
    const before = this.#notes.get(name)?.entry
    if (before !== undefined && before.at > given.at) return yield { added: undefined, dropped: [given] }
    if (before !== undefined) this.#remove(name)
    const added = before === undefined || given.key !== undefined ? given : again(before, given)
    const parts: Array<Part> = []
    this.#notes.set(name, { entry: added, parts })
    for (const piece of split(added.text)) {
      if (piece.text === "") continue
      const part = make(added, this.#ids++, piece, this.#index.word)
      this.#told = undefined
      parts.push(part)
      this.#index.add(part)
      if (parts.length % 100 === 0) yield undefined
    }
    yield { added, dropped: before === undefined ? [] : [before] }
  }

  /** Forgets the entries under a key, or all for which a function returns true; returns those. */
  forget(which: string | ((entry: Kept) => boolean)): ReadonlyArray<Kept> {
    checkWhich({ which })
    const isMeant = (entry: Kept) =>
      typeof which === "string" ? entry.key?.normalize() === which.normalize() : which({ ...entry })
    const found = [...this.#notes].filter(([, { entry }]) => isMeant(entry))
    for (const [name] of found) this.#remove(name)
    return found.map(([, { entry }]) => entry)
  }

  list(): ReadonlyArray<Kept> {
    return [...this.#notes.values()].map(({ entry }) => ({ ...entry })).sort((a, b) => a.at - b.at)
  }

  context(situation: string, budgetTokens: number): string {
    checkSituation({ situation, budgetTokens })
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
      let cost = 0
      for (const member of bundle) cost += this.#tokensOf(member)
      for (const date of chosen.dates(bundle)) cost += this.#count(date)
      if (cost > left) continue
      // What has been chosen may have made it dearer or less needed.
      const rank = (this.#index.outlook(part).current ** 2 * asked(part)) / (cost + 4)
      if (rank < (ranked.at(-1)?.rank ?? 0)) {
        insert(ranked, { part, rank })
        continue
      }
      left -= cost
      for (const member of bundle) {
        chosen.add(member)
        tell(member)
      }
    }
    return chosen.text()
  }

  /** The newest of the parts with the same words, and the times of the first and the latest entry. */
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
    const asked = (part: Part): number => {
      const { at, importance = 5, kind } = part.entry
      if (kind === "rule" || importance >= 10) return 1000
      const { score, words } = hits.get(part.id) ?? { score: 0, words: [""] }
      let fresh = 0
      for (const word of words) fresh += decay ** (covered.get(word) ?? 0)
      const bits = (score * fresh) / words.length / Math.log(1 + size)
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

  /** A part and what likely replaces it, without which it would look current. */
  #bundle(part: Part, chosen: Chosen): ReadonlyArray<Part> {
    const { successor } = this.#index.outlook(part)
    return successor === undefined || chosen.parts.has(successor) ? [part] : [part, ...this.#bundle(successor, chosen)]
  }

  #tokensOf(part: Part): number {
    return (part.tokens ??= this.#count(`${part.text}\n`) + (part.lead === "" ? 0 : this.#count(`${part.lead}\n`)))
  }
}
