import { Equal, Option } from "effect"
import { head } from "./Records.ts"
import { digits, numeral, plain } from "./Scalar.ts"
import type { Node, Schema } from "./Schema.ts"
import { type Line, lines, unquoted } from "./Text.ts"

/** A value, or none where a text leaves a doubt; `undefined` if it holds no answer and another reading may find one. */
export type Reading = Option.Option<unknown> | undefined

const refusal =
  /\b(?:sorry|cannot|can['’]?t|unable|won['’]t|don['’]?t (?:know|have)|do not (?:know|have)|no idea|refuse|decline|insufficient|need more|depends|unclear|unknown)\b/i
const hedge =
  /\b(?:either|maybe|perhaps|possibly|might|could be|between|somewhere|whether|if|or|at least|at most|more than|less than|over|under|up to)\b/i
const settled = /\b(?:final|answer|revised?|corrected|updated?|instead|result|settle|actually|overall)\b/i

/** Reads a list of single values: marked, below each other, or in a row. */
export const items = (text: string, schema: Schema): Reading => {
  const said = lines(text).filter((line) => line.text !== "" || line.mark !== "")
  const blocks: Array<{ readonly intro: string; readonly items: Array<Line> }> = []
  for (const [index, line] of said.entries()) {
    if (line.mark === "") continue
    const previous = said[index - 1]
    if (previous === undefined || previous.mark === "") blocks.push({ intro: previous?.text ?? "", items: [] })
    blocks.at(-1)!.items.push(line)
  }
  const last = blocks.at(-1)
  if (last !== undefined) {
    const texts = last.items.map((line) => line.text)
    const explained = texts.every((one) =>
      /^(?:\*\*|__)[^*_]+(?:\*\*|__)\s*:?\s*\S|^[^:—–]{1,40}(?::|\s[—–-])\s+\S|\S\s+\([^()]+\)\.?$/.test(one)
    )
    const nested = last.items.some(({ indent }) => indent > last.items[0]!.indent)
    const left = texts.some((one) => /^(?:\.{3}|…|etc\.?|and so on.*)?$/i.test(one))
    const several = blocks.length > 1 && !settled.test(last.intro)
    return explained || nested || left || several ? Option.none() : schema.match(texts.map(unquoted))
  }
  if (refusal.test(text)) return undefined
  const short = (one: string) => one.split(/\s+/).length <= 5 && !/[.!?:;,{}[\]<>|]/.test(one)
  const single = said.length === 1 ? said[0]!.text : ""
  const row = single
    .replace(/^[\w *]{1,40}:\s*/, "")
    .replace(/\.$/, "")
    .split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+/)
    .map(unquoted)
  const texts = single === "" ? said.map((line) => unquoted(line.text)) : row
  const enough = texts.length > (single === "" || row[0] !== single.split(/[,;]/)[0] ? 1 : 2)
  const found = enough && texts.every(short) ? schema.match(texts) : Option.none()
  return Option.isSome(found) ? found : undefined
}

const label =
  /^(?:so,?\s+|thus,?\s+|therefore,?\s+)?(?:my |the |your |our )?([\p{L}_][\p{L}\d_ -]{0,40}?)\s*(?::|=|：|\sis:?\s)\s*(.+)$/iu
const generic =
  /^(?:final|corrected|revised)?(?:answer|rating|score|result|decision|choice|verdict|value|output|response|rank|final|number)$/
const given =
  /\b(?:rat(?:e|es|ed|ing)|scor(?:e|es|ed|ing)|give|giving|assign(?:ed)?|answer|say|put|settled?|go(?:ing)? with|choose|chose|pick|select|recommend|decision|verdict|category|label|choice|class(?:ify|ified)|value|final|deserves?|it['’]s|it is|this is|takes?|(?:should|must|would) be|i(?:['’]d|['’]ll| will| would)|let['’]s)\b[^.]*$/i
const denied =
  /(?:\bnot|n['’]t\b.{0,20}|\bthan|\binstead of|\brather than|\bavoid|\bnever|\bno)\s+(?:an?\s+|to\s+|be\s+|it\s+)*["'*`]*$/i
const amount = new RegExp(
  String.raw`(?<![\w.,/#-])${numeral}(?:\s*(?:\/|out of)\s*${digits})?(?:\s*%|\s+percent\b)?(?![\w/+-]|[.,]\d)(?:\s+(?!out\b|of\b)\p{L}+)?`,
  "giu"
)
const scale = /\b(?:on )?(?:an? |the )?scale (?:of|from) [\w ]+?(?:to|-|–) \w+|\b(?:from )?1\s*(?:-|–|to)\s*10\b/gi

/** Reads the single value that a text gives as its answer; several, or a doubt, give none. */
export const single = (text: string, schema: Schema, node: Node, name: string): Reading => {
  const forms = schema.forms(node)
  const take = (value: string) => {
    const fitted = schema.fit(unquoted(value), node, name)
    return fitted !== undefined && schema.isValid(fitted, node) ? Option.some(fitted) : Option.none()
  }
  const fits = (value: string) => Option.isSome(take(value))
  const choices = forms.flatMap((form) => form.choices ?? [])
  const isText = choices.length === 0 && forms.some(({ types }) => types.includes("string"))
  const stated = text.replaceAll(/^\s*```.*$/gm, "").trim()
  if (isText)
    return stated.split(/\s+/).length <= 6 &&
      /^[\p{L}\d"'][\p{L}\d ,'’&/-]*["'.]?$/u.test(stated) &&
      !refusal.test(stated)
      ? take(stated.replace(/\.$/, ""))
      : undefined
  if (fits(stated)) return take(stated)
  const labelled = lines(text).flatMap((line) => {
    const [, key = "", value = ""] = label.exec(unquoted(line.text)) ?? []
    return (name !== "" && plain(key).replace(/^final/, "") === plain(name)) || generic.test(plain(key)) ? [value] : []
  })
  const said = labelled.at(-1)
  if (said !== undefined) {
    const value = take(head(unquoted(said), fits))
    if (Option.isSome(value) || /\d/.test(said)) return value
  }
  const alone = distinct(
    lines(text)
      .filter((line) => line.mark === "" && fits(line.text))
      .map((line) => take(line.text))
  )
  if (alone !== undefined) return alone
  if (refusal.test(text)) return undefined
  return mentioned(
    text,
    choices,
    take,
    name,
    forms.some(({ types }) => types.includes("boolean"))
  )
}

/** One reading if all are alike; none if they differ. */
export const distinct = (readings: ReadonlyArray<Reading>): Reading => {
  const [first, ...rest] = readings.filter((reading) => reading !== undefined)
  return first === undefined || rest.every((one) => Equal.equals(one, first)) ? first : Option.none()
}

const mentioned = (
  text: string,
  choices: ReadonlyArray<unknown>,
  take: (value: string) => Option.Option<unknown>,
  name: string,
  truth: boolean
): Reading => {
  if (truth)
    return /^\W*(?:yes|no)\b[,.!:]/i.test(text) && !hedge.test(text) ? take(/^\W*(yes|no)/i.exec(text)![1]!) : undefined
  const words = choices.map((choice) =>
    String(choice)
      .replaceAll(/[^\w\s-]/g, String.raw`\$&`)
      .replaceAll(/[\s_-]+/g, "[\\s_-]")
  )
  const pattern = words.length > 0 ? new RegExp(String.raw`(?<![\w-])(?:${words.join("|")})(?![\w-])`, "gi") : amount
  const sentences = text
    .replaceAll(scale, " ")
    .split(/(?<=[.!?])\s+|\n+/)
    .filter((one) => !one.trim().endsWith("?"))
  const found = sentences.flatMap((sentence) =>
    [...sentence.matchAll(pattern)].flatMap((match) => {
      const lead = sentence.slice(0, match.index)
      const counts = given.test(lead) || (name !== "" && plain(lead).includes(plain(name)))
      return counts && !denied.test(lead)
        ? [{ sentence, value: Option.orElse(take(match[0]), () => take(match[0].replace(/\s+\p{L}+$/u, ""))) }]
        : []
    })
  )
  const last = found.at(-1)
  if (last === undefined) return undefined
  const same = found.filter(({ sentence }) => sentence === last.sentence)
  const value = distinct((same.length === 1 && settled.test(last.sentence) ? same : found).map((one) => one.value))
  return hedge.test(last.sentence) ? Option.none() : value
}
