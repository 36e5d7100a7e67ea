import type { Form, Reading } from "./Reading.ts"

/** A statement that is kept: its reading and what is known of its weight. */
export interface Fact {
  readonly reading: Reading
  readonly order: number
  readonly importance: number
  readonly kind: string
  /** How often it was told again. */
  echoes: number
  slot: Slot | undefined
  live: boolean
  tokens: number | undefined
}

/** One question with one answer at a time: what a subject costs, where it is, who is in charge of it. */
export interface Slot {
  readonly form: Form
  facts: Array<Fact>
}
