import type { Index } from "./Index.ts"
import { compare, dayOf, type Part } from "./Part.ts"

// From this likeness on two parts stand together.
const together = 0.4

// As English has them, without the time that Intl takes.
const months = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec".split(" ")

const sharesDay = (part: Part, others: Iterable<Part>): boolean => {
  for (const other of others) if (dayOf(other) === dayOf(part)) return true
  return false
}

/** What has been chosen for a context: it shows the dates of those that have a rival in it. */
export class Chosen {
  readonly parts = new Set<Part>()
  readonly #index: Index
  readonly #latest: Date
  readonly #rivals = new Map<Part, Set<Part>>()

  /** Makes an empty choice; the year of the latest part is not told. */
  constructor(index: Index, latest: number) {
    this.#index = index
    this.#latest = new Date(latest)
  }

  add(part: Part): void {
    this.parts.add(part)
    for (const other of this.#index.outlook(part).rivals.keys()) {
      const rivals = this.#rivals.get(other)
      if (rivals === undefined) this.#rivals.set(other, new Set([part]))
      else rivals.add(part)
    }
  }

  /** The rivals of a part that have been chosen. */
  #chosen(part: Part): ReadonlySet<Part> {
    const known = this.#rivals.get(part)
    const own = [...this.#index.outlook(part).rivals.keys()].filter((other) => this.parts.has(other))
    return own.length === 0 && known !== undefined ? known : new Set([...own, ...(known ?? [])])
  }

  /** The dates that become visible when parts are added. */
  dates(bundle: ReadonlyArray<Part>): ReadonlyArray<string> {
    const dated = new Set(bundle.length > 1 ? bundle : [])
    for (const part of bundle)
      for (const other of this.#chosen(part)) {
        dated.add(part)
        if (this.#chosen(other).size === 0) dated.add(other)
      }
    return [...dated].map((part) => this.#date(part, this.#index.outlook(part).rivals.keys()))
  }

  /** The date of a line, in UTC: with the year if it is not that of the latest, with the time if a rival shares the day. */
  #date(part: Part, rivals: Iterable<Part>): string {
    const date = new Date(part.entry.at)
    const year = date.getUTCFullYear() === this.#latest.getUTCFullYear() ? "" : ` ${date.getUTCFullYear()}`
    const time = sharesDay(part, rivals) ? ` ${date.toISOString().slice(-13, -8)}` : ""
    return `[${date.getUTCDate()} ${months[date.getUTCMonth()]}${year}${time}] `
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(): string {
    const newest = this.#newest()
    const order = [...this.parts].sort((a, b) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    let above: Part | undefined
    let aboveDate = ""
    const lines = order.map((part) => {
      const rivals = this.#chosen(part)
      const date = rivals.size === 0 ? "" : this.#date(part, rivals)
      const isBelow = above?.entry === part.entry && above.lead === part.lead && aboveDate === date
      above = part
      aboveDate = date
      return isBelow ? part.text : `${date}${part.lead === "" ? "" : `${part.lead}\n`}${part.text}`
    })
    return lines.join("\n")
  }

  /** The newest of those that stand together, for each part: of its rivals, of theirs, and so on. */
  #newest(): ReadonlyMap<Part, Part> {
    const newest = new Map<Part, Part>()
    const likeness = (part: Part, other: Part) => this.#index.outlook(part).rivals.get(other) ?? 0
    const gather = (part: Part, first: Part): void => {
      newest.set(part, first)
      for (const other of this.#chosen(part))
        if (!newest.has(other) && Math.max(likeness(part, other), likeness(other, part)) >= together)
          gather(other, first)
    }
    for (const part of [...this.parts].sort((a, b) => compare(b, a))) if (!newest.has(part)) gather(part, part)
    return newest
  }
}
