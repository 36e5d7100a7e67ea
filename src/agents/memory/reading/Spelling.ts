import type { Word } from "../Word.ts"

/** A word or a number as it is written, and what can be told from that alone. */
export interface Spelling {
  readonly word: Word
  readonly kind: "word" | "number" | "clock" | "code"
  /** Whether a word begins with a capital and goes on in small letters. */
  readonly capital: boolean
  /** Whether it begins with a small letter. */
  readonly small: boolean
  /** Whether it is a capital alone, but for I. */
  readonly letter: boolean
  /** Whether it is as short as what stands behind a noun in a name. */
  readonly short: boolean
}

const clock = /^\d{1,2}:\d{2}$/

const kindOf = (raw: string): Spelling["kind"] => {
  if (/^\d/.test(raw)) return clock.test(raw) ? "clock" : "number"
  return /\d/.test(raw) && /^[\p{Lu}\d-]+$/u.test(raw) ? "code" : "word"
}

/** Looks at how a word is written. */
export const spell = (raw: string, word: Word): Spelling => {
  const kind = kindOf(raw)
  return {
    word,
    kind,
    capital: kind === "word" && /^\p{Lu}[\p{Ll}'’-]/u.test(raw),
    small: /^\p{Ll}/u.test(raw),
    letter: /^[A-HJ-Z]$/.test(raw),
    short: (kind === "number" ? /^\d{1,3}$/ : /^.{2,3}$/).test(raw)
  }
}
