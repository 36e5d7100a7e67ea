import type { Usage } from "../Usage.ts"
import type { Event } from "./Splitter.ts"

/** What the events of an answer have told so far. */
export interface Reading {
  /** Hears one event; whether it is there for its usage alone. */
  readonly hear: (event: Event) => boolean
  /** Whether the answer may end here and be whole. */
  readonly complete: boolean
  /** Whether its protocol lets nothing follow. */
  readonly over: boolean
  /** Whether it told of a failure. */
  readonly failed: boolean
  /** What it said it took. */
  readonly usage: Usage | undefined
  /** The tokens that were written, by estimate, in text and in calls of tools. */
  readonly tokens: number
}
