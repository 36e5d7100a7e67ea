import type { Form, Reading, Spot } from "../Reading.ts"
import { overlaps, within } from "../Sets.ts"
import { texts } from "./Relation.ts"
import { stateAs } from "./StateAs.ts"

/** The names in a statement, each with its parts. */
const people = (spots: ReadonlyArray<Spot>): ReadonlyArray<ReadonlySet<string>> => {
  const out: Array<Set<string>> = []
  spots.forEach(({ glued, kind, stem }, i) => {
    if (kind !== "name") return
    if (glued && spots[i - 1]?.kind === "name") out.at(-1)!.add(stem)
    else out.push(new Set([stem]))
  })
  return out
}

/** Whether a newer statement of a slot only repeats what an older one tells. */
export const repeats = (form: Form, newer: Reading, older: Reading): boolean => {
  switch (form) {
    case "row":
      return newer.key === undefined && overlaps(texts(newer), texts(older))
    case "number":
    case "clock": {
      const common = texts(newer)
      const known = texts(older)
      if (!overlaps(common, known)) return false
      // One number that both tell and another that differs: the other is what is told.
      if (!within(common, known) && !within(known, common)) return false
      return newer.days.size === 0 || older.days.size === 0 || overlaps(newer.days, older.days)
    }
    case "role":
      return people(newer.spots).every((person) => overlaps(person, older.names))
    case "place":
      return (
        newer.place !== undefined &&
        older.place !== undefined &&
        (within(newer.place.stems, older.place.stems) || within(older.place.stems, newer.place.stems))
      )
    case "state": {
      const a = newer.state ?? stateAs(newer, older)
      const b = older.state ?? stateAs(older, newer)
      return a !== undefined && b !== undefined && (within(a.tells, b.tells) || within(b.tells, a.tells))
    }
  }
}
