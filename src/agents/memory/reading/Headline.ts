import type { Reading } from "../Reading.ts"
import type { Vocabulary } from "../Vocabulary.ts"
import { content, type Token } from "./Token.ts"

/** What a clause without a verb says of a name of two words known from elsewhere: "river ford mined, says control". */
export const headline = (list: ReadonlyArray<Token>, text: string, vocabulary: Vocabulary): Reading["state"] => {
  if (list.length > 12 || list.some(({ kind, part }) => kind !== "word" && !part)) return undefined
  for (let i = 0; i + 2 < list.length; i++) {
    const [first, second, third] = [list[i]!, list[i + 1]!, list[i + 2]!]
    if (first.name || second.name || first.word.function || !content(third)) continue
    if (i > 0 && !/[\^,:;]/.test(text.slice(list[i - 1]!.end, first.start))) continue
    if (!vocabulary.known(`${first.word.stem} ${second.word.stem}`)) continue
    if (text.slice(first.end, second.start) !== " " || text.slice(second.end, third.start) !== " ") continue
    const stems = new Set([first.word.stem, second.word.stem])
    const tells = new Set<string>()
    for (let j = i + 2; j < list.length && tells.size < 4; j++) {
      if (tells.size > 0 && /[,.;]/.test(text.slice(list[j - 1]!.end, list[j]!.start))) break
      if (content(list[j]!)) tells.add(list[j]!.word.stem)
    }
    return {
      about: { key: [...stems].join(" "), stems, start: first.start, end: second.end, name: false },
      tells,
      sure: false
    }
  }
  return undefined
}
