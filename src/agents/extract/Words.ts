import { Equal, Option } from "effect"
import { isUnitOf, numeral, plain } from "./Scalar.ts"
import type { Node, Schema } from "./Schema.ts"
import { refusal, settled } from "./Lines.ts"
import { unquoted } from "./Text.ts"

/** A value, or none where a text leaves a doubt; `undefined` if it holds no answer and another reading may find one. */
export type Reading = Option.Option<unknown> | undefined

/** One reading if all are alike; none if they differ. */
export const distinct = (readings: ReadonlyArray<Reading>): Reading => {
  const [first, ...rest] = readings.filter((reading) => reading !== undefined)
  return first === undefined || rest.every((one) => Equal.equals(one, first)) ? first : Option.none()
}

const hedge =
  /\b(?:either|maybe|perhaps|possibly|might|could be|between|whether|if|or|at least|at most|more than|less than|over|under|up to)\b/i
const given =
  /\b(?:rat(?:e|es|ed|ing)|scor(?:e|es|ed|ing)|give|giving|assign(?:ed)?|answer|say|put|settled?|go(?:ing)? with|choose|chose|pick|select|recommend|decision|verdict|category|label|choice|class(?:ify|ified)|value|final|deserves?|it['’]s|it is|this is|takes?|(?:should|must|would) be|i(?:['’]d|['’]ll| will| would)|let['’]s)\b[^.]*$/i
const denied =
  /(?:\bnot|n['’]t\b.{0,20}|\bthan|\binstead of|\brather than|\bavoid|\bnever|\bno)\s+(?:an?\s+|to\s+|be\s+|it\s+)*["'*`]*$/i
const amount = new RegExp(
  String.raw`(?<![\w.,/#-])(${numeral}(?:\s*(?:\/|out of)\s*${numeral})?(?:\s*%|\s+percent\b)?)(?![\w/+-]|[.,]\d)(?:\s+(?!out\b|of\b)(\p{L}+))?`,
  "giu"
)

/** Reads the single value that a text gives as its answer; several, or a doubt, give none. */
export const single = (text: string, schema: Schema, node: Node, name: string): Reading => {
  const take = (value: string) => schema.match(unquoted(value), node, name)
  const choices = schema.forms(node).flatMap((form) => form.enum ?? [])
  if (choices.length === 0 && !["number", "integer", "boolean"].some((type) => schema.isOf(type, node)))
    return undefined
  const alone = distinct(text.split("\n").map(take).filter(Option.isSome))
  if (alone !== undefined) return alone
  if (refusal.test(text)) return undefined
  const truth = schema.isOf("boolean", node) ? /^\W*(yes|no)\b[,.!:]/i.exec(text)?.[1] : undefined
  if (truth !== undefined) return hedge.test(text) ? Option.none() : take(truth)
  const words = choices.map((choice) =>
    String(choice)
      .replaceAll(/[^\w\s-]/g, ".")
      .replaceAll(/[\s_-]+/g, "[\\s_-]")
  )
  const pattern = words.length > 0 ? new RegExp(String.raw`(?<![\w-])(${words.join("|")})(?![\w-])`, "gi") : amount
  const sentences = text.split(/(?<=[.!?])\s+|\n+/).filter((one) => !one.trim().endsWith("?"))
  const found = sentences.flatMap((sentence) =>
    [...sentence.matchAll(pattern)].flatMap((match) => {
      const lead = sentence.slice(0, match.index)
      const isGiven = given.test(lead) || (name !== "" && plain(lead).includes(plain(name)))
      const value = match[2] === undefined || isUnitOf(match[2], name) ? take(match[1]!) : Option.none()
      return denied.test(lead) || (words.length === 0 && !isGiven) ? [] : [{ sentence, isGiven, value }]
    })
  )
  const last = found.at(-1)
  if (last === undefined || !last.isGiven) return undefined
  const same = found.filter(({ sentence }) => sentence === last.sentence)
  if (hedge.test(last.sentence)) return Option.none()
  return distinct((same.length === 1 && settled.test(last.sentence) ? same : found).map((one) => one.value))
}
