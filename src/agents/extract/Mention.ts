import * as Numeral from "./Numeral.ts"
import { plain, type Shape } from "./Shape.ts"

/** A value that a sentence speaks of. */
export interface Mention {
  readonly value: string
  readonly sentence: string
  /** Whether the sentence gives it as its answer, and does not only speak of it. */
  readonly given: boolean
}

const spelled = "two|three|four|five|six|seven|eight|nine|ten"
const amount = new RegExp(
  String.raw`(?<![\w.,/#-])(?:${Numeral.digits}|${spelled}|one(?=\s+out of))(\s*(?:\/|out of)\s*(?:\d+|ten|five))?(?:\s*%|\s+percent\b)?(?![\w/+]|[.,]\d)`,
  "gi"
)
const denied =
  /(?:\bnot|n['’]t|\bthan|\binstead of|\brather than|\bavoid|\bnever|\bno)\s+(?:an?\s+|to\s+|be\s+)?["'*`]*$/i
const rated =
  /\b(?:rat(?:e|es|ed|ing)|scor(?:e|es|ed|ing)|give|giving|assign(?:ed)?|answer|rank(?:s|ed|ing)?|say|put|settled?|go(?:ing)? with|choose|chose|pick|deserves?|merits?|gets?|value|final|verdict|(?:should|must|would) be)\b[^.]*$|\b(?:it|this|that)(?:['’]s| is| was)\s+(?:an?\s+)?(?:solid |strong |clear |mere )?["'*`]*$/i
const chosen =
  /(?:\b(?:i|we)(?:['’]d|['’]ll| would| will| should| must| want| plan| choose| chose| recommend| decided?)?(?: rather)?(?: to| for)?|\b(?:action|decision|answer|choice|verdict|recommendation|classification|category|label)\b[^.]{0,30}?(?:\bis|:|\bto be|=|\bas)(?: to)?|\b(?:choose|recommend|select|pick|decided?|settled?|go(?:ing)? with|vote|opt(?:ed)?)(?: for| on| to)?)\s*["'“*\x60]*$/i

/** Words that go on with the sentence behind a number; any other says what is counted. */
const goesOn =
  /^(?:out|of|because|since|as|for|on|in|given|due|considering|and|but|which|this|that|it|points?|stars?|at|here|overall|though|based|from|with|is|was|would|so)$/i

const isDenied = ({ index, input }: RegExpExecArray) => denied.test(input.slice(Math.max(0, index - 30), index))

const naming = (name: string): RegExp =>
  new RegExp(String.raw`\b${name.replaceAll(/\W/g, ".").replaceAll("_", "[ _]")}\b[^.]{0,40}$`, "i")

/** The scale itself, as in "from 1 to 10", is no answer. */
export const withoutScale = (sentence: string, { maximum, minimum }: Shape): string =>
  minimum === undefined || maximum === undefined
    ? sentence
    : sentence.replaceAll(
        new RegExp(
          String.raw`\(?(?:on |using )?(?:a |the )?(?:scale (?:of |from )?)?(?:from |of |between )?\b${minimum}\s*(?:-|–|—|to|and)\s*${maximum}\b(?: scale)?\)?`,
          "gi"
        ),
        " "
      )

const told = /\b(?:value|answer|result|total|sum|amount|number|rating|score)\b[^.]{0,20}\b(?:is|was|equals)\s+["'*`]*$/i

/** The numbers of a sentence, but those it denies. */
export const numbers = (sentence: string, shape: Shape, name: string): ReadonlyArray<Mention> =>
  [
    ...withoutScale(sentence, shape)
      .replace(/^\s*\d{1,2}[.)]\s+/, "")
      .matchAll(amount)
  ]
    .filter((match) => !isDenied(match))
    .map((match): Mention => {
      const before = match.input.slice(0, match.index)
      const [, word = ""] = /^\s*([a-z]+)/i.exec(match.input.slice(match.index + match[0].length)) ?? []
      const named = name !== "" && naming(name).test(before)
      const counts = word !== "" && !goesOn.test(word) && !Numeral.isUnit(word)
      const given =
        match[1] !== undefined ||
        named ||
        told.test(before) ||
        (!counts && (rated.test(before) || Numeral.isUnit(word)))
      return { value: Numeral.isUnit(word) ? `${match[0]} ${word}` : match[0], sentence, given }
    })

/** The choices that a sentence names, but those it denies. */
export const names = (sentence: string, shape: Shape, name: string): ReadonlyArray<Mention> =>
  (shape.enum ?? []).flatMap((one) => {
    const word = String(one)
      .replaceAll(/[^\w\s-]/g, String.raw`\$&`)
      .replaceAll(/[\s_-]+/g, "[\\s_-]")
    return [...sentence.matchAll(new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`, "gi"))]
      .filter((match) => !isDenied(match))
      .map((match): Mention => {
        const before = sentence.slice(Math.max(0, match.index - 80), match.index)
        const given =
          chosen.test(before) || (name !== "" && naming(name).test(before)) || plain(sentence) === plain(match[0])
        return { value: match[0], sentence, given }
      })
  })

const truth =
  /^\W*(yes|no|true|false)\b(?=\s*(?:[.,;:!–—]|-\s|$))|\b(?:answer|statement|claim|result) is\s+["'*`]*(yes|no|true|false)\b/i

/** The truth value that a text begins with, or names as its answer. */
export const truths = (text: string): ReadonlyArray<Mention> => {
  const found = truth.exec(text)
  if (found === null || /\b(?:but|however|although|not|n['’]t)\b/i.test(text)) return []
  return [{ value: (found[1] ?? found[2])!, sentence: text, given: true }]
}
