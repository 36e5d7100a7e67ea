import type { Spot, Token } from "./Token.ts"

/** A mark that parts words, or a number. */
const parting = /[^\s\p{L}"'’“”]/u

const kindOf = ({ name, part, word }: Token): Spot["kind"] => {
  if (name) return "name"
  if (part) return "content"
  if (word.told !== 0) return "cue"
  if (word.common || word.change) return "common"
  return word.time ? "time" : "content"
}

/** The words that may tell what a statement is about, each with its neighbours. */
export const of = (list: ReadonlyArray<Token>, text: string, units: ReadonlySet<Token>): ReadonlyArray<Spot> => {
  const out: Array<Spot> = []
  const beside = (i: number, step: number): string => {
    let at = i + step
    while (at >= 0 && at < list.length && list[at]!.word.determiner) at += step
    if (at < 0) return "^"
    if (at === list.length) return "$"
    const token = list[at]!
    const gap = step < 0 ? text.slice(token.end, list[i]!.start) : text.slice(list[i]!.end, token.start)
    const mark = gap === " " ? null : parting.exec(gap)
    return mark !== null ? mark[0] : token.kind === "word" ? token.word.lower : "#"
  }
  let last = -2
  // Whether there were only articles since the last spot.
  let articles = false
  for (let i = 0; i < list.length; i++) {
    const token = list[i]!
    const { name, part, word } = token
    if (
      (token.kind !== "word" && !part) ||
      token.dated ||
      units.has(token) ||
      (word.function && !name) ||
      (word.repeat && !name)
    ) {
      if (!word.determiner) articles = false
      continue
    }
    const gap = articles ? text.slice(list[last]!.end, token.start) : ""
    const glued = last === i - 1 && /^['’]?[ -]$/.test(gap)
    const near = glued || (articles && !/[^\s\p{L}'’]/u.test(gap))
    last = i
    articles = true
    const { lower, stem } = word
    const pair = glued ? `${out.at(-1)!.stem} ${stem}` : undefined
    out.push({ stem, lower, kind: kindOf(token), glued, pair, near, left: beside(i, -1), right: beside(i, 1) })
  }
  return out
}
