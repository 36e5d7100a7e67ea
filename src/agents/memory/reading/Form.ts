import { bit } from "../Aspect.ts"
import type { Form, Reading } from "../Reading.ts"
import { within } from "../Sets.ts"

const assigned = /(?:[-–—:=>]) *\p{Lu}[\p{L}'’-]+(?: \p{L}+){0,2}(?: \([\p{L} ]+\))?\.?$/u

/** What kind of question a statement answers, if any. */
export const of = ({
  aspects,
  key,
  names,
  persons,
  place,
  spots,
  state,
  text,
  values
}: Omit<Reading, "form">): Form | undefined => {
  if (key !== undefined && values.length > 0) return "row"
  if (values.some(({ kind }) => kind === "clock")) return "clock"
  if (values.length > 0) return "number"
  // "The log is with Ann Lee" tells whose it is.
  if (state !== undefined && !state.about.name && persons.size > 0 && within(state.tells, names)) return "role"
  // "Night watch - Ann Lee" assigns it.
  if (
    spots.at(-1)?.kind === "name" &&
    persons.has(spots.at(-1)!.stem) &&
    spots.some(({ kind }) => kind === "content") &&
    assigned.test(text)
  )
    return "role"
  if (
    (aspects & bit.role) !== 0 &&
    [...names].some((name) => persons.has(name)) &&
    spots.filter(({ kind }) => kind !== "name").length > 1
  )
    return "role"
  if (state?.sure === true) return "state"
  if (place?.sure === true) return "place"
  if (state !== undefined && !state.about.name) return "state"
  return undefined
}
