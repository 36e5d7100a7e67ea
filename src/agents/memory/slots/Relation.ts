import { bit } from "../Aspect.ts"
import type { Reading } from "../Reading.ts"
import { overlaps } from "../Sets.ts"

export const numeric = bit.price | bit.debt | bit.promise | bit.count | bit.measure | bit.lesson | bit.rule | bit.code

export const nobody: ReadonlySet<string> = new Set()

/** What the numbers of a statement count, but for what the other statement is about. */
const units = ({ values }: Reading, other: Reading) =>
  new Set(
    values
      .map(({ unit }) => unit)
      .filter(
        (unit) =>
          unit !== "" &&
          (other.values.some((value) => value.unit === unit) || !other.spots.some(({ stem }) => stem === unit))
      )
  )
/** The form of a code: letters, digits and marks. */
const shape = ({ values }: Reading) => values.map(({ shape }) => shape).join(" ")
export const decimals = ({ values }: Reading) => values.some(({ shape }) => shape.includes(".0"))
export const texts = ({ values }: Reading) => new Set(values.map(({ text }) => text))

/** Whether two statements tell a number alike. */
export const sharesValue = (a: Reading, b: Reading): boolean =>
  a.values.some(({ text }) => b.values.some((value) => value.text === text))

/** Whose numbers two statements tell. Whoever is quoted counts only beside a name: their offer, or only their report. */
export const parties = (a: Reading, b: Reading): readonly [ReadonlySet<string>, ReadonlySet<string>] => {
  const whose = ({ names, voice }: Reading) => (names.size > 0 ? names : voice)
  if (a.names.size === 0 && whose(b).size === 0) return [nobody, nobody]
  if (b.names.size === 0 && whose(a).size === 0) return [nobody, nobody]
  return [whose(a), whose(b)]
}

const standing = bit.rule | bit.lesson

/** How surely two statements with numbers tell the same of a subject. */
export const relation = (a: Reading, b: Reading): number => {
  let score = 0
  const ua = units(a, b)
  const ub = units(b, a)
  if (ua.size > 0 && ub.size > 0) score += overlaps(ua, ub) ? 1 : -1
  else score += ua.size === ub.size ? 0.5 : -0.5
  score += decimals(a) === decimals(b) ? 0.4 : -0.7
  if (shape(a) === shape(b)) score += 0.2
  else if ((a.aspects & bit.code) !== 0 && (b.aspects & bit.code) === 0) score -= 1
  if (a.days.size > 0 || b.days.size > 0) score += a.days.size > 0 && b.days.size > 0 ? 0.5 : -0.3
  if ((a.aspects & numeric) !== 0 && (b.aspects & numeric) !== 0)
    score += (a.aspects & b.aspects & numeric) !== 0 ? 0.8 : -0.8
  if ((a.aspects & standing) !== 0 && (b.aspects & standing) === 0 && !b.changes) score -= 1.5
  if (b.changes) score += 0.3
  return score
}
