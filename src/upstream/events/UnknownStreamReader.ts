import type { Purpose, StreamReader } from "./StreamReader.ts"

/** Reads the events of an answer of which nothing is known: it may end anywhere. */
export class UnknownStreamReader implements StreamReader {
  readonly begun = true
  readonly complete = true
  readonly terminated = false
  readonly reported = undefined
  readonly usage = undefined
  readonly tokens = 0

  onEvent(): Purpose {
    return "answer"
  }
}
