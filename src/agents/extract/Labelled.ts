import * as Cue from "./Cue.ts"
import { fit } from "./Fit.ts"
import { lines, unmarked } from "./Line.ts"
import { isNothing } from "./Scalar.ts"
import { plain, type Shape } from "./Shape.ts"
import { silent, type Verdict, wrong } from "./Verdict.ts"
import { unquoted } from "./Written.ts"

const label =
  /^(?:so,?\s+|thus,?\s+|therefore,?\s+)?(?:my |the |your |our )?([\p{L}_][\p{L}\d_ -]{0,40}?)\s*(?::|=|：|\sis:?\s)\s*(.+)$/iu
const generic =
  /^(?:final|corrected|revised)?(?:answer|rating|score|result|decision|choice|verdict|value|output|response|rank|final|number)$/
const remark = /\s+[-–—]+\s+|[,;.]\s+|\s+\(|\s+because\b|\s+since\b/i

/** The value at the head of a text, before any remark on it. */
export const head = (text: string, shape: Shape, name: string): Verdict => {
  const whole = fit(unquoted(text), shape, name)
  if (whole._tag === "Fits") return whole
  const [value = "", ...rest] = text.split(remark)
  if (rest.length === 0 || Cue.correction.test(text) || /\b(?:or|maybe|perhaps|possibly)\b/i.test(rest.join(" ")))
    return wrong
  return fit(unquoted(value), shape, name)
}

/** Reads a line that names what was asked for, or an answer, and says its value: `Rating: 8`. */
export const read = (text: string, shape: Shape, name: string): Verdict => {
  const values = lines(text).flatMap((line) => {
    const [, key = "", value = ""] = label.exec(unmarked(line.text)) ?? []
    const own =
      plain(key) === plain(name) || generic.test(plain(key)) || (name !== "" && plain(key) === `final${plain(name)}`)
    return own && !isNothing(value) ? [value] : []
  })
  const found = values.map((value) => head(value, shape, name))
  const last = found.at(-1)
  if (last === undefined) return silent
  if (last._tag === "Fits") return last
  // Words that are no value are prose; a number or a name that is out of bounds is an answer.
  return /\d/.test(values.at(-1)!) ? wrong : silent
}
