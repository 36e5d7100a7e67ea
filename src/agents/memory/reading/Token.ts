import type { Vocabulary } from "../Vocabulary.ts"
import type { Word } from "../Word.ts"
import type { Spelling } from "./Spelling.ts"

/** A number, a time of day or a code in a statement. */
export interface Value {
  readonly kind: "number" | "clock" | "code"
  readonly text: string
  /** Its form: each letter an a, each digit a 0. */
  readonly shape: string
  /** What it counts, or the sign before it. */
  readonly unit: string
  /** The word before it, which may name it. */
  readonly label: string
}

/** Words that stand together and name one thing. */
export interface Chunk {
  readonly key: string
  readonly stems: ReadonlySet<string>
  readonly start: number
  readonly end: number
  readonly name: boolean
}

/** A word of a statement that may tell what it is about, in its place. */
export interface Spot {
  readonly stem: string
  /** The word itself, in small letters. */
  readonly lower: string
  readonly kind: "content" | "cue" | "common" | "name" | "time"
  /** Whether it follows the spot before at once. */
  readonly glued: boolean
  /** Both together, if it does. */
  readonly pair: string | undefined
  /** Whether only articles stand between it and the spot before. */
  readonly near: boolean
  /** The words before and after it, articles left out. */
  readonly left: string
  readonly right: string
}

export interface Token {
  readonly word: Word
  readonly spelling: Spelling
  readonly raw: string
  readonly kind: Spelling["kind"]
  readonly start: number
  readonly end: number
  name: boolean
  /** A number that is part of a name: room 12. */
  part: boolean
  /** Part of a date. */
  dated: boolean
}

/** The words and numbers of a text. */
export const pattern = /\d+(?:[.,:]\d+)*|\p{L}[\p{L}\p{N}]*(?:[_.-]?[\p{L}\p{N}]+)*(?:['’](?!s\b)\p{L}+)?/gu

/** Cuts a statement into its words and numbers. */
export const tokens = (text: string, vocabulary: Vocabulary): Array<Token> => {
  const list: Array<Token> = []
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [raw] = match
    const spelling = vocabulary.spelling(raw)
    const { kind, word } = spelling
    word.met++
    const start = match.index
    list.push({ word, spelling, raw, kind, start, end: start + raw.length, name: false, part: false, dated: false })
  }
  return list
}

/** Whether a token names something. */
export const content = (token: Token) =>
  token.part ||
  (token.kind === "word" && !token.word.function && !token.word.time && !token.word.repeat && !token.word.common)
