import { determiner, type Token } from "./Token.ts"

const site = /^(?:at|in|near|inside|into|beside|behind|outside|under|on)$/

/** Tells proper names from words that only begin a sentence. */
export const mark = (list: ReadonlyArray<Token>, text: string): void => {
  const capital = (token: Token | undefined) =>
    token !== undefined && token.kind === "word" && /^\p{Lu}[\p{Ll}'’-]/u.test(token.raw)
  list.forEach((token, i) => {
    if (token.kind !== "word") return
    const { word } = token
    if (!capital(token)) {
      if (/^\p{Ll}/u.test(token.raw)) word.small++
      return
    }
    if (word.time || word.function) return
    const gap = i === 0 ? "" : text.slice(list[i - 1]!.end, token.start)
    const begins = i === 0 || /[.!?:"“([]/.test(gap)
    const next = list[i + 1]
    const pair = capital(next) && text.slice(token.end, next!.start) === " " && !next!.word.time && !next!.word.function
    const calls = /^:\s*["“]/.test(text.slice(token.end, token.end + 3))
    const before = list[determiner.test(list[i - 1]?.word.lower ?? "") ? i - 2 : i - 1]
    if (before !== undefined && site.test(before.word.lower)) word.sited++
    if (
      !begins ||
      calls ||
      (pair && !word.common && word.small === 0 && !(/(?:ed|ing)$/.test(word.lower) && capital(list[i + 2]))) ||
      (word.named > 0 && word.named >= word.small)
    ) {
      token.name = true
      word.named++
    }
  })
}
