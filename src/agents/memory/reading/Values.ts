import type { Token, Value } from "./Token.ts"

const rests = /^(?:left|remaining|available|free|total|due|outstanding|more|each|apiece)$/
const oldBefore =
  /(?:\b(?:instead of|rather than|in place of|no longer(?: \w+){0,5}|not(?: (?:from|at|by|in|under))?|was|were|before:|previously|formerly|used to be|until now|yesterday it was|up from|down from|forget|replac(?:es|ed|ing)|supersed(?:es|ed|ing))|\(old:?)\W*(?:the |at |a )?$/i
const oldAfter =
  /^(?: (?:for|on|of)(?: \w+){1,4})?\W*(?:is|was|has|have)?\s*(?:now )?(?:void|expired|no longer|obsolete|repealed|superseded|any ?more|\(old\))/i

/** The word after a number that may tell what it counts. */
const unitOf = (list: ReadonlyArray<Token>, i: number, text: string): Token | undefined => {
  const next = list[i + 1]
  if (next === undefined || next.kind !== "word" || next.name || text.slice(list[i]!.end, next.start).trim() !== "")
    return undefined
  const { word } = next
  if (word.function || word.time || word.change || word.repeat || rests.test(word.lower)) return undefined
  const after = list[i + 2]
  const ends =
    after === undefined ||
    after.kind !== "word" ||
    after.word.function ||
    rests.test(after.word.lower) ||
    text.slice(next.end, after.start) !== " "
  return ends ? next : undefined
}

/** Whether a number is told only as what holds no longer. */
const outdated = ({ end, start }: Token, text: string): boolean => {
  const head = text.slice(Math.max(0, start - 40), start)
  const tail = text.slice(end, end + 40)
  return (
    /^\W*(?:\p{L}+ ){1,3}(?:to|into) \W*\d/u.test(tail) ||
    (/\bfrom\W*$/i.test(head) && /^[^.;]{0,24}\b(?:to|up to|down to)\b/.test(tail)) ||
    /^\s*(?:->|=>|→)\s*[\d$]/.test(tail) ||
    oldBefore.test(head) ||
    oldAfter.test(tail)
  )
}

/** What the numbers of a statement tell, those that are told as old, and the words that only count. */
export const of = (list: ReadonlyArray<Token>, text: string) => {
  const values: Array<Value> = []
  const olds = new Set<string>()
  const units = new Set<Token>()
  for (let i = 0; i < list.length; i++) {
    const token = list[i]!
    const { dated, end, kind, part, raw, start } = token
    if (kind === "word" || part || dated || /^\s*\p{L}{1,7} ago\b/u.test(text.slice(end, end + 14))) continue
    const unit = unitOf(list, i, text)
    if (unit !== undefined && ++unit.word.counted > 1 && unit.word.counted > unit.word.met * 0.6) units.add(unit)
    if (outdated(token, text)) {
      olds.add(raw)
      continue
    }
    const sign = /[$€£¥%]/.exec(text.charAt(start - 1) + text.charAt(end))
    const before = list[i - 1]
    values.push({
      kind,
      text: raw,
      shape: raw.replace(/\p{L}/gu, "a").replace(/\d/g, "0"),
      unit: sign?.[0] ?? unit?.word.stem ?? "",
      label: before?.kind === "word" ? before.word.stem : ""
    })
  }
  return { values, olds, units }
}
