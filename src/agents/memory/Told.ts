import { compare, type Part } from "./Part.ts"

// From this likeness on two parts stand together.
const together = 0.4

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })
const dayOf = (at: number): number => Math.floor(at / 86_400_000)

/** The date of a line, in UTC: with the year if it is not that of the latest, with the time if a rival shares the day. */
export const dateOf = ({ entry: { at } }: Part, rivals: Iterable<Part>, latest: number): string => {
  const iso = new Date(at).toISOString()
  let isShared = false
  for (const { entry } of rivals) isShared ||= dayOf(entry.at) === dayOf(at)
  const time = isShared ? ` ${iso.slice(11, 16)}` : ""
  const year = new Date(latest).toISOString().startsWith(iso.slice(0, 5)) ? "" : ` ${iso.slice(0, 4)}`
  return `[${day.format(at)}${year}${time}] `
}

/** What has been chosen, with the rivals of each part among it. */
export class Chosen {
  readonly parts = new Map<Part, Array<Part>>()

  /** Adds a part, and makes its rivals show their dates. */
  add(part: Part): void {
    const rivals = [...part.rivals.keys()].filter((other) => this.parts.has(other))
    for (const other of rivals) this.parts.get(other)!.push(part)
    this.parts.set(part, rivals)
  }

  /** Parts that show a date once this one is told and that do not yet: itself, if it has a rival here, and those. */
  dated(part: Part): ReadonlyArray<Part> {
    const rivals = [...part.rivals.keys()].filter((other) => this.parts.has(other))
    return rivals.length === 0 ? [] : [part, ...rivals.filter((other) => this.parts.get(other)!.length === 0)]
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(latest: number): string {
    const newest = this.#newest()
    const order = [...this.parts].sort(([a], [b]) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    let above = ""
    const lines = order.map(([part, rivals]) => {
      const date = rivals.length === 0 ? "" : dateOf(part, rivals, latest)
      const isBelow = part.lead !== "" && above === `${part.order} ${date}${part.lead}`
      above = `${part.order} ${date}${part.lead}`
      return isBelow ? part.text : `${date}${part.lead === "" ? "" : `${part.lead}\n`}${part.text}`
    })
    return lines.join("\n")
  }

  /** The newest of those that stand together, for each part: of its rivals, of theirs, and so on. */
  #newest(): ReadonlyMap<Part, Part> {
    const newest = new Map<Part, Part>()
    const gather = (part: Part, first: Part): void => {
      newest.set(part, first)
      for (const other of this.parts.get(part)!)
        if (!newest.has(other) && part.rivals.get(other)!.likeness >= together) gather(other, first)
    }
    for (const part of [...this.parts.keys()].sort((a, b) => compare(b, a))) if (!newest.has(part)) gather(part, part)
    return newest
  }
}
