import type { Reading } from "./Reading.ts"

/** Reads the events of an answer of which nothing is known: it may end anywhere. */
export class UnknownReading implements Reading {
  readonly complete = true
  readonly over = false
  readonly failed = false
  readonly usage = undefined
  readonly tokens = 0

  hear(): boolean {
    return false
  }
}
