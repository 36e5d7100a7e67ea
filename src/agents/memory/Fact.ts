import type { Form, Reading } from "./Reading.ts"

/** A word or a pair of words by which a statement is found. */
export interface Key {
  readonly text: string
  /** The wording in which it stands, and where: two statements that have both in common differ in another word. */
  readonly frame: string
}

/** A statement that is kept: its reading and what is known of its weight. */
export interface Fact {
  readonly reading: Reading
  /** The words and pairs of words by which it is found. */
  readonly keys: ReadonlyArray<Key>
  /** The same for all statements of one wording with the same words. */
  readonly worded: string | undefined
  /** What tells the same has the same. */
  readonly signature: string
  readonly order: number
  readonly importance: number
  /** The aspects that it tells of. */
  readonly tells: number
  /** How often it was told again. */
  echoes: number
  slot: Slot | undefined
  /** What is found out when it is first asked for. */
  tokens: number | undefined
  useful: number | undefined
  binds: number | undefined
}

/** One question with one answer at a time: what a subject costs, where it is, who is in charge of it. */
export interface Slot {
  readonly form: Form
  facts: Array<Fact>
}
