import type { Word } from "../Vocabulary.ts"

/** A number, a time of day or a code in a statement. */
export interface Value {
  readonly kind: "number" | "clock" | "code"
  readonly text: string
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
  readonly kind: "content" | "cue" | "common" | "name" | "time"
  /** Whether it follows the spot before at once. */
  readonly glued: boolean
  /** Whether only articles stand between it and the spot before. */
  readonly near: boolean
  /** The words before and after it, articles left out. */
  readonly left: string
  readonly right: string
}

export interface Token {
  readonly word: Word
  readonly raw: string
  readonly start: number
  readonly end: number
  readonly kind: "word" | "number" | "clock" | "code"
  name: boolean
  /** A number that is part of a name: room 12. */
  part: boolean
  /** Part of a date. */
  dated: boolean
}

/** Words that only point. */
export const determiner = /^(?:the|a|an|my|our|his|her|their|your|this|that)$/

/** Verbs that say what something is like. */
export const copula =
  /^(?:is|are|was|were|be|being|become|became|becomes|went|goes|remains|remained|stays|stayed|looks|looked|seems|seemed|appears|appeared|proves|proved|status|it's)$/

/** Whether a token names something. */
export const content = (token: Token) =>
  token.part ||
  (token.kind === "word" && !token.word.function && !token.word.time && !token.word.repeat && !token.word.common)
