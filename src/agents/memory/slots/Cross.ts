import type { Reading } from "../Reading.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import { agreement, alike } from "./Agreement.ts"
import { decimals, numeric, sharesValue } from "./Relation.ts"

/** Units that say no more than that something is counted. */
const pieces = /^(?:unit|piec|pc|item|degre|coin|percent)$/

/** How surely a row of a table and a sentence tell the same. */
export const cross = (old: Reading, now: Reading, vocabulary: Vocabulary): number => {
  if (old.values.length === 0 || now.values.length === 0) return 0
  if (now.event && !sharesValue(old, now)) return 0
  if (old.names.size > 0 !== now.names.size > 0) return 0
  const [row, told] = old.key === undefined ? [now, old] : [old, now]
  if (!row.spots.every(({ stem }) => told.spots.some((spot) => spot.stem === stem))) return 0
  if (
    told.values.some(
      ({ unit }) =>
        unit !== "" &&
        !pieces.test(unit) &&
        !row.values.some((value) => value.unit === unit) &&
        !row.labels.has(unit) &&
        unit.length > 1
    )
  )
    return 0
  // Without a word for what is told, nothing else may be told of.
  if ((old.aspects & now.aspects & numeric) === 0) {
    const others = told.spots.filter(
      ({ kind, stem }) => kind === "content" && !row.spots.some((spot) => spot.stem === stem)
    )
    if (decimals(old) !== decimals(now) || others.length > 1) return 0
  }
  return agreement(old.spots, now.spots, alike(old, now), vocabulary) - 0.2
}
