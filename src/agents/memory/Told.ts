import { compare, type Part } from "./Part.ts"
import { mayRival, together } from "./Rivals.ts"

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" })
const days = new Map<number, string>()
const dayOf = (at: number): number => Math.floor(at / 86_400_000)

/** `8 Jan`: the day of a time, in UTC. */
const dayText = (at: number): string => {
  let text = days.get(dayOf(at))
  if (text === undefined) {
    if (days.size > 10_000) days.clear()
    days.set(dayOf(at), (text = day.format(at)))
  }
  return text
}

/** The date before a line: the year if it is not the one of the latest note, the time if a rival is of the same day. */
export const dateOf = (at: number, rivals: ReadonlyArray<number>, latest: number): string => {
  const shared = rivals.filter((other) => dayOf(other) === dayOf(at))
  const iso = new Date(at).toISOString()
  const seconds = shared.some((other) => other !== at && Math.floor(other / 60_000) === Math.floor(at / 60_000))
  const time = shared.length === 0 ? "" : ` ${iso.slice(11, seconds ? 19 : 16)}`
  const year = iso.slice(0, 4) === new Date(latest).toISOString().slice(0, 4) ? "" : ` ${iso.slice(0, 4)}`
  return `[${dayText(at)}${year}${time}] `
}

/** What has been chosen, with the rivals of each part among it. */
export class Chosen {
  readonly parts = new Map<Part, Array<Part>>()
  readonly #latest: number

  constructor(latest: number) {
    this.#latest = latest
  }

  /** Adds a part, and makes its rivals show their dates. */
  add(part: Part): void {
    const rivals: Array<Part> = []
    for (const [other, { likeness }] of part.rivals) {
      const others = likeness < mayRival ? undefined : this.parts.get(other)
      if (others === undefined) continue
      rivals.push(other)
      others.push(part)
    }
    this.parts.set(part, rivals)
  }

  /** Parts that will show a date once this one is told: itself first, if it has a rival here. */
  dated(part: Part): ReadonlyArray<Part> {
    const found: Array<Part> = []
    for (const [other, { likeness }] of part.rivals) {
      const others = likeness < mayRival ? undefined : this.parts.get(other)
      if (others === undefined) continue
      if (found.length === 0) found.push(part)
      if (others.length === 0) found.push(other)
    }
    return found
  }

  /** Writes a line a part: oldest first, but the rivals of a part right before it. */
  text(): string {
    const groups = this.#groups()
    const newest = (part: Part): Part => groups.get(part)!
    const order = [...this.parts.keys()].sort((a, b) => compare(newest(a), newest(b)) || compare(a, b))
    let before: Part | undefined
    let dateBefore = ""
    return order
      .map((part) => {
        const rivals = this.parts.get(part)!
        const date =
          rivals.length === 0
            ? ""
            : dateOf(
                part.at,
                rivals.map(({ at }) => at),
                this.#latest
              )
        const goesOn =
          before !== undefined && before.order === part.order && before.lead === part.lead && date === dateBefore
        before = part
        dateBefore = date
        if (part.lead === "") return `${date}${part.label}${part.text}`
        return goesOn ? part.text : `${date}${part.label}${part.lead}\n${part.text}`
      })
      .join("\n")
  }

  /** The newest of those that stand together, for each part. */
  #groups(): Map<Part, Part> {
    const newest = new Map<Part, Part>()
    for (const part of [...this.parts.keys()].sort((a, b) => compare(b, a))) {
      let best: Part | undefined
      let likeness = together
      for (const other of this.parts.get(part)!) {
        const like = part.rivals.get(other)!.likeness
        if (newest.has(other) && like >= likeness) [best, likeness] = [other, like]
      }
      newest.set(part, best === undefined ? part : newest.get(best)!)
    }
    return newest
  }
}
