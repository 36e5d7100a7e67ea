import type { Reading, Spot } from "./Reading.ts"

/** How a statement is worded but for the words that name something, and these words. */
export interface Wording {
  readonly frame: string
  readonly words: string
}

const letter = /\p{L}/u

/** Whether each run of words has a word before or after it: else what differs there need not part two subjects. */
const surrounded = (spots: ReadonlyArray<Spot>): boolean => {
  let left = ""
  return spots.every(({ near, right, ...spot }, i) => {
    if (!near) left = spot.left
    return spots[i + 1]?.near === true || letter.test(left) || letter.test(right)
  })
}

/**
 * The wording of a statement that tells a number or a time of nobody. Two of one frame that differ in a word answer two
 * questions: what differs stands in the same surroundings.
 */
export const of = ({ form, key, names, olds, spots, voice }: Reading): Wording | undefined => {
  if (key !== undefined || (form !== "number" && form !== "clock")) return undefined
  if (names.size + voice.size + olds.size > 0 || !surrounded(spots)) return undefined
  if (new Set(spots.map(({ stem }) => stem)).size < spots.length) return undefined
  let frame: string = form
  let words = ""
  spots.forEach(({ glued, kind, left, lower, near, right }, i) => {
    const before = near ? "~" : left
    const after = spots[i + 1]?.near === true ? "~" : right
    frame += ` ${glued ? "+" : ""}${before} ${kind === "content" ? "*" : `${kind}:${lower}`} ${after}`
    if (kind === "content") words += ` ${lower}`
  })
  return { frame, words }
}
