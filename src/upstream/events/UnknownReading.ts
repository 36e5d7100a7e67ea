import type { Purpose, Reading } from "./Reading.ts"

/** Reads the events of an answer of which nothing is known: it may end anywhere. */
export class UnknownReading implements Reading {
  readonly begun = true
  readonly complete = true
  readonly over = false
  readonly reported = undefined
  readonly usage = undefined
  readonly characters = 0

  hear(): Purpose {
    return "answer"
  }
}
