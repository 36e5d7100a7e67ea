import { Equal, Option } from "effect"
import { isUnitOf, numeral, plain } from "./Scalar.ts"
import type { Node, Schema } from "./Schema.ts"
import { lines, unquoted } from "./Text.ts"

/** A value, or none where a text leaves a doubt; `undefined` if it holds no answer and another reading may find one. */
export type Reading = Option.Option<unknown> | undefined

/** One reading if all are alike; none if they differ. */
export const distinct = (readings: ReadonlyArray<Reading>): Reading => {
  const [first, ...rest] = readings.filter((reading) => reading !== undefined)
  return first === undefined || rest.every((one) => Equal.equals(one, first)) ? first : Option.none()
}

const refusal =
  /\b(?:sorry|cannot|can['’]?t|unable|won['’]t|don['’]?t (?:know|have)|do not (?:know|have)|no idea|refuse|decline|insufficient|need more|depends|unclear|unknown)\b/i
const hedge =
  /\b(?:either|maybe|perhaps|possibly|might|could be|between|whether|if|or|at least|at most|more than|less than|over|under|up to)\b/i
const settled = /\b(?:final|answer|revised?|corrected|updated?|instead|result|settle|actually|overall)\b/i
const explained = /^(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*\S|^[^:—–]{1,40}(?::|\s[—–-])\s+\S|\S\s+\([^()]+\)\.?$/

/** Reads a list of single values: marked, below each other, or in a row. */
export const items = (text: string, schema: Schema): Reading => {
  const said = lines(text).filter((line) => line.text !== "" || line.mark !== "")
  const heads = said.flatMap((line, index) => (line.mark !== "" && (said[index - 1]?.mark ?? "") === "" ? [index] : []))
  const start = heads.at(-1)
  if (start !== undefined) {
    const end = said.findIndex(({ mark }, index) => index > start && mark === "")
    const block = said.slice(start, end === -1 ? undefined : end)
    const several = heads.length > 1 && !settled.test(said[start - 1]?.text ?? "")
    const nested = block.some(({ indent }) => indent > block[0]!.indent) || (said[end]?.indent ?? 0) > block[0]!.indent
    const leftOut = block.some((line) => /^(?:\.{3}|…|etc\.?|and so on.*)?$/i.test(line.text))
    const doubtful = several || nested || leftOut || block.every((line) => explained.test(line.text))
    return doubtful ? Option.none() : schema.match(block.map((line) => unquoted(line.text)))
  }
  if (refusal.test(text)) return undefined
  const [line] = said
  const label = /^[\w *]{1,40}:\s*/.exec(line?.text ?? "")?.[0] ?? ""
  const row = (line?.text ?? "")
    .slice(label.length)
    .replace(/\.$/, "")
    .split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+/)
  const texts = (said.length === 1 ? row : said.map((one) => one.text)).map(unquoted)
  const enough = texts.length > (said.length === 1 && label === "" ? 2 : 1)
  const isShort = texts.every((one) => one.split(/\s+/).length <= 5 && !/[.!?:;,{}[\]<>|]/.test(one))
  const found = enough && isShort ? schema.match(texts) : Option.none()
  return Option.isSome(found) ? found : undefined
}

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
  const alone = distinct(
    lines(text)
      .map((line) => (line.mark === "" ? take(line.text) : Option.none()))
      .filter(Option.isSome)
  )
  if (alone !== undefined) return alone
  if (refusal.test(text)) return undefined
  const truth = schema.isOf("boolean", node) ? /^\W*(yes|no)\b[,.!:]/i.exec(text)?.[1] : undefined
  if (truth !== undefined) return hedge.test(text) ? Option.none() : take(truth)
  const words = choices.map((choice) =>
    String(choice)
      .replaceAll(/[^\w\s-]/g, String.raw`\$&`)
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
