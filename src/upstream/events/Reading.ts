import type { ReportedError } from "../ReportedError.ts"
import type { Usage } from "../Usage.ts"
import type { Event } from "./Splitter.ts"

/** What an event is for: the answer, its usage alone, an error, or, like a comment, to keep the connection open. */
export type Purpose = "answer" | "usage" | "error" | "comment"

/** What the events of an answer have told so far. */
export interface Reading {
  /** Hears one event that has data. */
  readonly hear: (event: Event) => Purpose
  /** Whether any part of the answer has come. */
  readonly begun: boolean
  /** Whether the answer may end here and be whole. */
  readonly complete: boolean
  /** Whether its protocol lets nothing follow. */
  readonly over: boolean
  /** The error that it reported. */
  readonly reported: ReportedError | undefined
  /** What it said it took. */
  readonly usage: Usage | undefined
  /** The characters that were written, in text, in thoughts and in calls of tools. */
  readonly characters: number
}
