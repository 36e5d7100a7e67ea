import * as Cue from "./Cue.ts"
import { fit } from "./Fit.ts"
import * as Mention from "./Mention.ts"
import { type Shape, typesOf } from "./Shape.ts"
import { silent, type Verdict, wrong } from "./Verdict.ts"

const sentencesOf = (text: string): ReadonlyArray<string> =>
  text.split(/(?<=[.!?])\s+|\n+/).filter((part) => part.trim() !== "" && !part.trim().endsWith("?"))

const mentionsOf = (text: string, shape: Shape, name: string): ReadonlyArray<Mention.Mention> => {
  const types = typesOf(shape)
  const sentences = sentencesOf(text)
  if (shape.enum !== undefined) return sentences.flatMap((one) => Mention.names(one, shape, name))
  if (types.includes("boolean")) return Mention.truths(text)
  const numeric = types.includes("integer") || types.includes("number")
  return numeric ? sentences.flatMap((one) => Mention.numbers(one, shape, name)) : []
}

/** Reads the one value that a sentence gives as its answer; several, or a doubt, are no answer. */
export const read = (text: string, shape: Shape, name: string): Verdict => {
  if (Cue.refusal.test(text)) return silent
  // A few words have no room for anything but the answer.
  const short = text.trim().split(/\s+/).length <= 3
  const given = mentionsOf(text, shape, name).filter((mention) => mention.given || short)
  const last = given.at(-1)
  if (last === undefined) return silent
  const alone = given.filter(({ sentence }) => sentence === last.sentence).length === 1
  const counted = alone && Cue.settlement.test(last.sentence) ? [last] : given
  const values = counted.map(({ value }) => fit(value, shape, name))
  const [head = silent] = values
  const agreed = values.every((one) => one._tag === "Fits" && head._tag === "Fits" && one.value === head.value)
  return agreed && !Cue.hedge.test(Mention.withoutScale(last.sentence, shape)) ? head : wrong
}
