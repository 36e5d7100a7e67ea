import type { Index } from "./Index.ts"
import { compare, dayOf, type Part } from "./Part.ts"

// As English has them, without the time that Intl takes.
const months = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec".split(" ")

/** What has been chosen for a context: it shows the dates of those that have a rival in it. */
export class Chosen {
  readonly parts = new Set<Part>()
  readonly #index: Index
  readonly #year: number
  readonly #dated = new Set<Part>()
  /** The chosen parts that have one as their rival. */
  readonly #named = new Map<Part, ReadonlyArray<Part>>()

  /** Makes an empty choice; the year of the latest part is not told. */
  constructor(index: Index, latest: number) {
    this.#index = index
    this.#year = new Date(latest).getUTCFullYear()
  }

  add(bundle: ReadonlyArray<Part>): void {
    for (const part of this.#undated(bundle)) this.#dated.add(part)
    for (const part of bundle) {
      this.parts.add(part)
      for (const other of this.#own(part)) this.#named.set(other, [...(this.#named.get(other) ?? []), part])
    }
  }

  /** The dates that become visible when parts are added. */
  dates(bundle: ReadonlyArray<Part>): ReadonlyArray<string> {
    return this.#undated(bundle).map((part) => this.#date(part))
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(): string {
    const newest = this.#newest()
    const order = [...this.parts].sort((a, b) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    let above: { readonly part: Part; readonly head: string } | undefined
    const lines = order.map((part) => {
      const head = (this.#dated.has(part) ? this.#date(part) : "") + (part.lead === "" ? "" : `${part.lead}\n`)
      const isBelow = above?.part.entry === part.entry && above.head === head
      above = { part, head }
      return isBelow ? part.text : head + part.text
    })
    return lines.join("\n")
  }

  #own(part: Part): ReadonlyArray<Part> {
    return [...this.#index.outlook(part).rivals]
  }

  /** The rivals of a part that have been chosen. */
  #rivals(part: Part): ReadonlyArray<Part> {
    return [...this.#own(part).filter((other) => this.parts.has(other)), ...(this.#named.get(part) ?? [])]
  }

  #undated(bundle: ReadonlyArray<Part>): ReadonlyArray<Part> {
    const dated = new Set(bundle.length > 1 ? bundle : [])
    for (const part of bundle) for (const other of this.#rivals(part)) dated.add(part).add(other)
    return [...dated].filter((part) => !this.#dated.has(part))
  }

  /** The date of a line, in UTC: with the year if it is not that of the latest, with the time if a rival shares the day. */
  #date(part: Part): string {
    const date = new Date(part.entry.at)
    const year = date.getUTCFullYear() === this.#year ? "" : ` ${date.getUTCFullYear()}`
    const sameDay = this.#own(part).filter((other) => dayOf(other) === dayOf(part))
    const isClose = sameDay.some((other) => Math.abs(compare(other, part)) < 60_000 && other.entry.at !== part.entry.at)
    const time = sameDay.length === 0 ? "" : ` ${date.toISOString().slice(-13, isClose ? -5 : -8)}`
    return `[${date.getUTCDate()} ${months[date.getUTCMonth()]}${year}${time}] `
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
