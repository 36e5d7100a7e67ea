import { compare, dayOf, type Part } from "./Part.ts"

// From this likeness on two parts stand together.
const together = 0.4

// As English has them, without the time that Intl takes.
const months = "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec".split(" ")

/** The year of a time, in UTC. */
export const yearOf = (at: number): number => new Date(at).getUTCFullYear()

/** The date of a line, in UTC: with the year if it is not that of the latest, with the time if a rival shares the day. */
export const dateOf = ({ entry: { at } }: Part, sharesDay: boolean, latest: number): string => {
  const date = new Date(at)
  const year = yearOf(at) === yearOf(latest) ? "" : ` ${yearOf(at)}`
  const time = sharesDay ? ` ${date.toISOString().slice(-13, -8)}` : ""
  return `[${date.getUTCDate()} ${months[date.getUTCMonth()]}${year}${time}] `
}

/** What has been chosen, with the rivals among it of each part. */
export class Chosen {
  readonly parts = new Set<Part>()
  readonly #rivals = new Map<Part, Array<Part>>()

  /** Adds a part, and makes its rivals show their dates. */
  add(part: Part): void {
    this.parts.add(part)
    for (const other of part.rivals.keys()) {
      const rivals = this.#rivals.get(other)
      if (rivals === undefined) this.#rivals.set(other, [part])
      else rivals.push(part)
    }
  }

  /** The rivals of a part that have been chosen; it shows its date if there is one. */
  rivals(part: Part): ReadonlyArray<Part> {
    return this.#rivals.get(part) ?? []
  }

  /** Parts that show a date once this one is told and that do not yet: itself, if it has a rival here, and those. */
  dated(part: Part): ReadonlyArray<Part> {
    const rivals = this.rivals(part)
    return rivals.length === 0 ? [] : [part, ...rivals.filter((other) => this.rivals(other).length === 0)]
  }

  /** Writes a line a part, oldest first, but the rivals of a part right before it. */
  text(latest: number): string {
    const newest = this.#newest()
    const order = [...this.parts].sort((a, b) => compare(newest.get(a)!, newest.get(b)!) || compare(a, b))
    let above = ""
    const lines = order.map((part) => {
      const rivals = this.rivals(part)
      const date =
        rivals.length === 0
          ? ""
          : dateOf(
              part,
              rivals.some((other) => dayOf(other) === dayOf(part)),
              latest
            )
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
      for (const other of this.rivals(part))
        if (!newest.has(other) && part.rivals.get(other)!.likeness >= together) gather(other, first)
    }
    for (const part of [...this.parts].sort((a, b) => compare(b, a))) if (!newest.has(part)) gather(part, part)
    return newest
  }
}
