import { Heap, type Ranked } from "../../engine/Heap.ts"
import { checkEntry, checkSituation, checkWhich, type Kept } from "./Entry.ts"
import { Index } from "./Index.ts"
import { compare, make, type Outlook, type Part, unspaced } from "./Part.ts"
import { keyOf } from "./Records.ts"
import { split } from "./Split.ts"

/** What remembering has changed: the entry as it is kept, unless a newer one was there, and what it replaces. */
export interface Change {
  readonly added: Kept | undefined
  readonly dropped: ReadonlyArray<Kept>
}

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

/** A part that may be chosen for a context. */
interface Candidate extends Ranked {
  readonly part: Part
  /** How likely it is needed though none of its words is asked, and how much the words that are asked can add. */
  readonly idle: number
  readonly gain: number
  rank: number
  /** Of equal rank the later order comes first. */
  order: number
}

const comesFirst = (a: Candidate, b: Candidate): boolean => a.rank > b.rank || (a.rank === b.rank && a.order > b.order)

const dayOf = ({ entry }: Part): number => Math.floor(entry.at / 86_400_000)

/** What has been chosen for a context: a part shows its date if it has a rival in it. */
class Chosen {
  readonly parts = new Set<Part>()
  readonly #index: Index
  readonly #count: (text: string) => number
  readonly #year: number
  /** The chosen parts of which a part is a rival. */
  readonly #named = new Map<Part, ReadonlyArray<Part>>()
  readonly #dated = new Set<Part>()

  constructor(index: Index, latest: number, count: (text: string) => number) {
    this.#index = index
    this.#count = count
    this.#year = new Date(latest).getUTCFullYear()
  }

  add(part: Part): void {
    this.parts.add(part)
    for (const other of this.#index.outlook(part).rivals)
      this.#named.set(other, [...(this.#named.get(other) ?? []), part])
    for (const other of this.#rivals(part)) this.#dated.add(part).add(other)
  }

  /** The tokens of the dates that become visible when parts are added. */
  tokensOfDates(bundle: ReadonlyArray<Part>): number {
    const rivals = bundle.length === 1 ? this.#rivals(bundle[0]!) : bundle.flatMap((part) => this.#rivals(part))
    if (rivals.length === 0 && bundle.length === 1) return 0
    const dated = rivals.filter((part, index) => !this.#dated.has(part) && rivals.indexOf(part) === index)
    return [...bundle, ...dated].reduce((sum, part) => sum + this.#date(part).tokens, 0)
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(): string {
    const newest = this.#newest()
    const order = [...this.parts].sort((a, b) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    const headOf = (part: Part): string =>
      (this.#dated.has(part) ? this.#date(part).text : "") + (part.lead === "" ? "" : `${part.lead}\n`)
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
  #date(part: Part): NonNullable<Outlook["date"]> {
    const outlook = this.#index.outlook(part)
    if (outlook.date?.yearOfLatest === this.#year) return outlook.date
    const [, day, month, year, time = ""] = new Date(part.entry.at).toUTCString().split(" ")
    const sameDay = outlook.rivals.filter((other) => dayOf(other) === dayOf(part))
    const isClose = sameDay.some(({ entry: { at } }) => Math.abs(at - part.entry.at) < 60_000 && at !== part.entry.at)
    const clock = sameDay.length === 0 ? "" : ` ${time.slice(0, isClose ? 8 : 5)}`
    const text = `[${Number(day)} ${month}${Number(year) === this.#year ? "" : ` ${year}`}${clock}] `
    return (outlook.date = { text, tokens: this.#count(text), yearOfLatest: this.#year })
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
  #told: { candidates: ReadonlyArray<Candidate>; latest: number; least: number } | undefined
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
    const { candidates, latest, least } = (this.#told ??= this.#weighed())
    const chosen = new Chosen(this.#index, latest, this.#count)
    const asked = this.#index.find(situation)
    const most = Math.log(1 + this.#index.size)
    const need = ({ gain, idle, part }: Candidate): number => {
      const bits = asked.score(part) / most
      return bits === 0 ? idle : idle + (1 - Math.exp(-bits * Math.sqrt(bits))) * gain
    }
    const ranked = new Heap(comesFirst)
    let order = 0
    for (const one of candidates) {
      one.rank = need(one) / (this.#tokensOf(one.part) + 4)
      one.order = order++
      ranked.add(one)
    }
    let left = budgetTokens
    for (let next = ranked.first; next !== undefined && left >= least; next = ranked.first) {
      const { part } = next
      const isLeft = this.#tokensOf(part) <= left && !chosen.parts.has(part)
      const bundle = isLeft ? this.#bundle(part, chosen) : []
      let cost = isLeft ? chosen.tokensOfDates(bundle) : Infinity
      for (const member of bundle) cost += this.#tokensOf(member)
      const rank = cost > left ? 0 : (this.#index.outlook(part).current * need(next)) / (cost + 4)
      // What has been chosen may have made it dearer or less needed.
      if (cost <= left && rank < next.rank) ranked.update(Object.assign(next, { rank, order: order++ }))
      if (ranked.first !== next) continue
      ranked.remove(next)
      if (cost > left) continue
      left -= cost
      for (const member of bundle) {
        chosen.add(member)
        asked.tell(member)
      }
    }
    return chosen.text()
  }

  /** The newest of the parts with the same words, as far as they can be weighed before a situation is known. */
  #weighed() {
    const newest = new Map<string, Part>()
    let [first, latest, least] = [Infinity, -Infinity, Infinity]
    for (const { entry, parts } of this.#notes.values()) {
      first = Math.min(first, entry.at)
      latest = Math.max(latest, entry.at)
      for (const part of parts) if (compare(part, newest.get(part.same) ?? part) >= 0) newest.set(part.same, part)
    }
    const prior = Math.min(0.1, wanted / (this.#index.size + 10))
    const candidates = Array.from(newest.values(), (part): Candidate => {
      least = Math.min(least, this.#tokensOf(part))
      const { at, importance = 5, kind } = part.entry
      const weight = importance / 5
      const worth = (1 - (0.2 * (latest - at)) / Math.max(1, latest - first)) * this.#index.worth(part).surprise
      const isRule = kind === "rule" || importance >= 10
      const [idle, gain] = isRule ? [1000, 0] : [prior * weight ** 4 * worth, (0.5 + weight / 2) * worth]
      return { part, idle, gain, rank: Number.NaN, order: 0, heapIndex: 0 }
    })
    return { candidates, latest, least }
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
