import { determiner, type Spot, type Token } from "./Token.ts"

/** The words that may tell what a statement is about, each with its neighbours. */
export const of = (list: ReadonlyArray<Token>, text: string, units: ReadonlySet<Token>): ReadonlyArray<Spot> => {
  const out: Array<Spot> = []
  const beside = (i: number, step: number): string => {
    let at = i + step
    while (list[at] !== undefined && determiner.test(list[at]!.word.lower)) at += step
    const token = list[at]
    if (token === undefined) return step < 0 ? "^" : "$"
    const gap = step < 0 ? text.slice(token.end, list[i]!.start) : text.slice(list[i]!.end, token.start)
    const mark = /[^\s\p{L}"'’“”]/u.exec(gap)
    return mark !== null ? mark[0] : token.kind === "word" ? token.word.lower : "#"
  }
  let last = -2
  list.forEach((token, i) => {
    const { name, part, word } = token
    if (
      (token.kind !== "word" && !part) ||
      token.dated ||
      units.has(token) ||
      (word.function && !name) ||
      (word.repeat && !name)
    )
      return
    const kind = name
      ? "name"
      : part
        ? "content"
        : word.told !== 0
          ? "cue"
          : word.common || word.change
            ? "common"
            : word.time
              ? "time"
              : "content"
    const glued = last === i - 1 && /^['’]?[ -]$/.test(text.slice(list[i - 1]!.end, token.start))
    const articles = last >= 0 && list.slice(last + 1, i).every(({ word }) => determiner.test(word.lower))
    const near = glued || (articles && !/[^\s\p{L}'’]/u.test(text.slice(list[last]!.end, token.start)))
    last = i
    out.push({ stem: word.stem, kind, glued, near, left: beside(i, -1), right: beside(i, 1) })
  })
  return out
}
