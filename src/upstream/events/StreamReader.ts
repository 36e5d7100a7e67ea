import type { ReportedError } from "../ReportedError.ts"
import type { Usage } from "../Usage.ts"
import type { Event } from "./SseSplitter.ts"

/** What an event is for: the answer, its usage alone, an error, or, like a comment, to keep the connection open. */
export type Purpose = "answer" | "usage" | "error" | "comment"

/** Reads the events of an answer, and keeps what they have reported so far. */
export interface StreamReader {
  /** Reads one event that has data. */
  readonly onEvent: (event: Event) => Purpose
  /** Whether any part of the answer has come. */
  readonly begun: boolean
  /** Whether the answer may end here and be whole. */
  readonly complete: boolean
  /** Whether its protocol lets nothing follow. */
  readonly terminated: boolean
  /** The error that it reported. */
  readonly reported: ReportedError | undefined
  /** The usage that it reported. */
  readonly usage: Usage | undefined
  /** An estimate of the tokens received, in text, reasoning and tool calls. */
  readonly tokens: number
}
