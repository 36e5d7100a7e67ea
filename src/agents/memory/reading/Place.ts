import { bit } from "../Aspect.ts"
import type { Reading } from "../Reading.ts"
import { content, type Spot, type Token } from "./Token.ts"

/** The words of a phrase that begins at a token, until what cannot belong to it. */
const phrase = (list: ReadonlyArray<Token>, from: number, text: string): ReadonlyArray<Token> => {
  const out: Array<Token> = []
  for (let i = from; i < list.length; i++) {
    const token = list[i]!
    if (i > from && /[,.;:?!()"]/.test(text.slice(list[i - 1]!.end, token.start))) break
    if (out.length === 0 && /^(?:the|a|an|my|our|his|her|their|your)$/.test(token.word.lower)) continue
    if (token.raw === "s" && out.length > 0) continue
    if (
      token.part ||
      (token.kind === "word" && !token.word.function && !token.word.time && !(token.word.repeat && out.length > 0))
    )
      out.push(token)
    else break
  }
  return out
}

const passive = /(?:ed|en|run|held|led|made|shut|cut|built|kept)$/

/** The spots that may tell what is in a place: whoever moved a thing is not what is moved. */
const subjectOf = (spots: ReadonlyArray<Spot>, place: ReadonlySet<string>, person: boolean): ReadonlyArray<Spot> => {
  const all = spots.filter(({ stem }) => !place.has(stem))
  const things = person ? [] : all.filter(({ kind }) => kind !== "name")
  return things.some(({ kind }) => kind === "content") ? things : all
}

/** Where something is said to be: the last phrase of place. */
export const of = (
  list: ReadonlyArray<Token>,
  text: string,
  spots: ReadonlyArray<Spot>,
  aspects: number,
  person: boolean
): Reading["place"] => {
  let found: ReadonlyArray<Token> = []
  let by = ""
  for (let i = 0; i < list.length; i++) {
    const { word } = list[i]!
    if (!word.locates) continue
    const before = list[i - 1]?.word
    // What is done by somebody is not near them.
    if (word.lower === "by" && before !== undefined && passive.test(before.lower) && (before.told & bit.place) === 0)
      continue
    const there = phrase(list, i + 1, text)
    // What is under repair or in use is in a state.
    const bare = there.length > 0 && list[i + 1] === there[0] && there.every(({ name, part }) => !name && !part)
    if (bare && (word.lower === "under" || there.at(-1)!.word.state || there.at(-1)!.word.condition)) continue
    if (there.some((token) => token.name || content(token))) {
      found = there
      by = word.lower
    }
  }
  const arrow = /(?:->|=>|→)\s*/.exec(text)
  const target = arrow === null ? -1 : list.findIndex(({ start }) => start >= arrow.index + arrow[0].length)
  if (target >= 0) found = phrase(list, target, text)
  if (found.length === 0) return undefined
  const first = list.indexOf(found[0]!)
  const is = () =>
    !/^(?:to|into|onto|over)$/.test(by) &&
    list.some(
      ({ word }, i) =>
        i < first &&
        (word.copula || word.lower === "still") &&
        !(person && (list[i + 1]?.word.lower ?? "").endsWith("ing"))
    )
  const sure = (aspects & bit.place) !== 0 || arrow !== null || is() || /\bfrom\b.{3,40}\bto\b/.test(text)
  const stems = new Set(found.filter((token) => token.name || content(token)).map(({ word }) => word.stem))
  return { stems, sure, subject: subjectOf(spots, stems, person) }
}
