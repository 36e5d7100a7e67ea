import type { Vocabulary } from "../Vocabulary.ts"
import type { Token } from "./Token.ts"

const temporal = /^(?:before|until|till|due|deadline|since)$/
/** Nouns that a number often follows as part of a name. */
const labelled =
  /^(?:order|number|no|step|stage|room|ward|gate|dock|bay|unit|module|rack|zone|line|platform|floor|level|lane|plot|block|batch|ticket|case|item|phase|part|port|hatch|tank|pump|lab|locker|deck|dome|tube|cell|track|route|terminal|channel|shelf|bin|row|table|house|apartment|flat|building|camp|sector|station|car|truck|boat|site|node|wing|array|rover|drone|lift|elevator|aisle|pier|berth|slot|cage|pen|field|block|camera|cam|shift|team|group|class|version|release|sprint|week|day|night|year)$/

/** Nouns of texts, which a number always names. */
const titled = /^(?:rule|regulation|article|section|bulletin|chapter|page|paragraph|clause|law|version|release)$/

/** Finds numbers that are part of a name, as in room 12, or of a date. */
export const mark = (list: ReadonlyArray<Token>, text: string, vocabulary: Vocabulary): void => {
  const follows = ({ start }: Token, before: Token) =>
    before.kind === "word" && !before.word.function && text.slice(before.end, start) === " "
  let numbers = 0
  for (let i = 0; i < list.length; i++) {
    const token = list[i]!
    if (token.kind !== "word") numbers++
    // A letter right after a noun is part of its name: pump A.
    else if (token.spelling.letter && i > 0 && follows(token, list[i - 1]!)) token.part = true
  }
  for (let i = 1; i < list.length; i++) {
    const token = list[i]!
    const before = list[i - 1]!
    if (!token.spelling.short || !follows(token, before)) continue
    const name = `${before.word.stem} ${token.raw}`
    const lately = list[i - 2]?.word.lower ?? ""
    if (token.kind === "number" && (temporal.test(lately) || (lately === "by" && numbers > 1))) {
      token.dated = true
      before.dated = true
      continue
    }
    const next = list[i + 1]
    const glued = next !== undefined && text.slice(token.end, next.start) === " "
    if (titled.test(before.word.lower)) token.part = true
    else if (
      labelled.test(before.word.lower) &&
      !(glued && !next.word.function && !next.word.common && !next.word.change)
    )
      token.part = true
    else {
      if (before.word.common || before.word.told !== 0) continue
      if (glued && !next.word.function && !next.word.common) continue
      // What is told to replace another is no part of a name.
      if (/^\W*(?:instead of|in place of|rather than|not|replaces)/.test(text.slice(token.end))) continue
      const led = list.slice(Math.max(0, i - 3), i - 1).some(({ word }) => word.locates)
      const subject = glued && next.word.copula
      token.part = led || subject || token.kind === "code" || vocabulary.numbered(name)
    }
    if (token.part) vocabulary.number(name)
  }
}
