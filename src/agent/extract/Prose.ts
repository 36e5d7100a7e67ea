import * as Cue from "./Cue.ts"
import { fit } from "./Fit.ts"
import * as Numeral from "./Numeral.ts"
import { type Shape, typesOf } from "./Shape.ts"
import { silent, type Verdict, wrong } from "./Verdict.ts"

interface Mention {
  readonly value: string
  readonly sentence: string
}

const spelled = "two|three|four|five|six|seven|eight|nine|ten"
const amount = new RegExp(
  String.raw`(?<![\w.,/#-])(?:(?:${Numeral.digits}|${spelled}|one(?=\s+out of))(?:\s*(?:\/|out of)\s*(?:\d+|ten|five))?(?:\s*%|\s+percent\b|\s*[a-z]+)?)(?![\w/+]|[.,]\d)`,
  "gi"
)
const denied =
  /(?:\bnot|n['’]t|\bthan|\binstead of|\brather than|\bavoid|\bnever|\bno)\s+(?:an?\s+|to\s+|be\s+)?["'*`]*$/i
const isDenied = ({ index, input }: RegExpExecArray) => denied.test(input.slice(Math.max(0, index - 30), index))
const anchor =
  /\b(?:rat(?:e|es|ed|ing)|scor(?:e|es|ing)|give|assign|answer|final|rank|value|is|be|choose|chose|choice|decision|decide|recommend|should|would|will|i['’]d|i['’]ll|best|verdict|go with|settle)\b/i

const sentencesOf = (text: string): ReadonlyArray<string> =>
  text.split(/(?<=[.!?])\s+|\n+/).filter((part) => part.trim() !== "")

const withoutScale = (sentence: string, { maximum, minimum }: Shape): string =>
  minimum === undefined || maximum === undefined
    ? sentence
    : sentence.replaceAll(
        new RegExp(
          String.raw`\(?(?:on |using )?(?:a |the )?(?:scale (?:of |from )?)?(?:from |of |between )?\b${minimum}\s*(?:-|–|—|to|and)\s*${maximum}\b(?: scale)?\)?`,
          "gi"
        ),
        " "
      )

const numbers = (sentence: string, shape: Shape): ReadonlyArray<Mention> =>
  [
    ...withoutScale(sentence, shape)
      .replace(/^\s*\d{1,2}[.)]\s+/, "")
      .matchAll(amount)
  ]
    .filter((match) => !isDenied(match))
    .map(([value]) => ({ value: value.trim(), sentence }))

const names = (sentence: string, shape: Shape): ReadonlyArray<Mention> =>
  (shape.enum ?? []).flatMap((one) => {
    const word = String(one)
      .replaceAll(/[^\w\s-]/g, String.raw`\$&`)
      .replaceAll(/[\s_-]+/g, "[\\s_-]")
    return [...sentence.matchAll(new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`, "gi"))]
      .filter((match) => !isDenied(match))
      .map(([value]) => ({ value, sentence }))
  })

const truths = (text: string): ReadonlyArray<Mention> => {
  const found =
    /^\W*(yes|no|true|false)\b(?=\s*(?:[.,;:!–—]|-\s|$))|\b(?:answer|it|that|this|statement) is\s+["'*`]*(yes|no|true|false)\b/i.exec(
      text
    )
  return found === null ? [] : [{ value: (found[1] ?? found[2])!, sentence: text }]
}

const valueOf = ({ value }: Mention, shape: Shape, name: string): Verdict => {
  const whole = fit(value, shape, name)
  if (whole._tag === "Fits" || shape.enum !== undefined || !/[a-z]/i.test(value)) return whole
  // The word behind may be part of the sentence, and not a unit.
  const [, number, word = ""] = /^(.*?)\s+([a-z]+)$/i.exec(value) ?? []
  return number === undefined || Numeral.isUnit(word) ? whole : fit(number, shape, name)
}

/** Reads the one value that a sentence gives as its answer; several, or a doubt, are no answer. */
export const read = (text: string, shape: Shape, name: string): Verdict => {
  const numeric = typesOf(shape).some((type) => type === "integer" || type === "number")
  const boolean = typesOf(shape).includes("boolean")
  if (Cue.refusal.test(text) || !(numeric || boolean || shape.enum !== undefined)) return silent
  const sentences = sentencesOf(text)
  const mentions = boolean
    ? truths(text)
    : sentences.flatMap((one) => (shape.enum === undefined ? numbers(one, shape) : names(one, shape)))
  const named = new RegExp(String.raw`\b${name.replaceAll(/\W/g, ".").replaceAll("_", "[ _]")}\b`, "i")
  const anchored = mentions.filter(
    ({ sentence }) => sentences.length === 1 || anchor.test(sentence) || (name !== "" && named.test(sentence))
  )
  const last = anchored.at(-1)
  if (last === undefined) return silent
  const settled =
    Cue.settlement.test(last.sentence) && anchored.filter(({ sentence }) => sentence === last.sentence).length === 1
  const values = (settled ? [last] : anchored).map((one) => valueOf(one, shape, name))
  const [head = silent] = values
  const agreed = values.every((one) => one._tag === "Fits" && head._tag === "Fits" && one.value === head.value)
  return agreed && !Cue.hedge.test(withoutScale(last.sentence, shape)) ? head : wrong
}
