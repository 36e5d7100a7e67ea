import type { Token } from "./Token.ts"

const site = /^(?:at|in|near|inside|into|beside|behind|outside|under|on)$/

/** Tells proper names from words that only begin a sentence. */
export const mark = (list: ReadonlyArray<Token>, text: string): void => {
  for (let i = 0; i < list.length; i++) {
    const token = list[i]!
    if (token.kind !== "word") continue
    const { spelling, word } = token
    if (!spelling.capital) {
      if (spelling.small) word.small++
      continue
    }
    if (word.time || word.function) continue
    const gap = i === 0 ? "" : text.slice(list[i - 1]!.end, token.start)
    const begins = i === 0 || /[.!?:"“([]/.test(gap)
    const next = list[i + 1]
    const pair =
      next !== undefined &&
      next.spelling.capital &&
      text.slice(token.end, next.start) === " " &&
      !next.word.time &&
      !next.word.function
    const calls = /^:\s*["“]/.test(text.slice(token.end, token.end + 3))
    const at = i > 0 && list[i - 1]!.word.determiner ? i - 2 : i - 1
    if (at >= 0 && site.test(list[at]!.word.lower)) word.sited++
    if (
      !begins ||
      calls ||
      (pair &&
        !word.common &&
        word.small === 0 &&
        !(/(?:ed|ing)$/.test(word.lower) && list[i + 2]?.spelling.capital === true)) ||
      (word.named > 0 && word.named >= word.small)
    ) {
      token.name = true
      word.named++
    }
  }
}
