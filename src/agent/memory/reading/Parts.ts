import type { Vocabulary } from "../Vocabulary.ts"
import { copula, type Token } from "./Token.ts"

const temporal = /^(?:before|until|till|due|deadline|since)$/
/** Nouns that a number often follows as part of a name. */
const labelled =
  /^(?:order|number|no|step|stage|room|ward|gate|dock|bay|unit|module|rack|zone|line|platform|floor|level|lane|plot|block|batch|ticket|case|item|phase|part|port|hatch|tank|pump|lab|locker|deck|dome|tube|cell|track|route|terminal|channel|shelf|bin|row|table|house|apartment|flat|building|camp|sector|station|car|truck|boat|site|node|wing|array|rover|drone|lift|elevator|aisle|pier|berth|slot|cage|pen|field|block|camera|cam|shift|team|group|class|version|release|sprint|week|day|night|year)$/

/** Nouns of texts, which a number always names. */
const titled = /^(?:rule|regulation|article|section|bulletin|chapter|page|paragraph|clause|law|version|release)$/

/** Finds numbers that are part of a name, as in room 12, or of a date. */
export const mark = (list: ReadonlyArray<Token>, text: string, vocabulary: Vocabulary): void => {
  list.forEach((token, i) => {
    const before = list[i - 1]
    if (!/^[A-HJ-Z]$/.test(token.raw) || before?.kind !== "word" || before.word.function) return
    // A letter right after a noun is part of its name: pump A.
    if (text.slice(before.end, token.start) === " ") token.part = true
  })
  const numbers = list.filter(({ kind }) => kind !== "word").length
  list.forEach((token, i) => {
    const before = list[i - 1]
    if (before?.kind !== "word" || !(token.kind === "number" ? /^\d{1,3}$/ : /^.{2,3}$/).test(token.raw)) return
    if (text.slice(before.end, token.start) !== " " || before.word.function) return
    const name = `${before.word.stem} ${token.raw}`
    const lately = list[i - 2]?.word.lower ?? ""
    if (token.kind === "number" && (temporal.test(lately) || (lately === "by" && numbers > 1))) {
      token.dated = true
      before.dated = true
      return
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
      if (before.word.common || before.word.told !== 0) return
      if (glued && !next.word.function && !next.word.common) return
      // What is told to replace another is no part of a name.
      if (/^\W*(?:instead of|in place of|rather than|not|replaces)/.test(text.slice(token.end))) return
      const led = list.slice(Math.max(0, i - 3), i - 1).some(({ word }) => word.locates)
      const subject = glued && copula.test(next.word.lower)
      token.part = led || subject || token.kind === "code" || vocabulary.numbered(name)
    }
    if (token.part) vocabulary.number(name)
  })
}
