import type { ResolvedOptions } from "./Call.ts"

/**
 * What a limit that learns can tell the policies above it of calls to come.
 *
 * Work is measured in completion tokens; tokens of a prompt count for the part of one that they take. Times are
 * milliseconds.
 */
export interface Forecast {
  /** The work that a call is predicted to need. */
  readonly work: (options: ResolvedOptions) => number
  /** How long so much work takes at the model's present speed, if it starts now. */
  readonly duration: (work: number, at: number) => number
  /** How long so much work takes at the model's usual speed. */
  readonly usualDuration: (work: number) => number
  /** Work that the model does in a millisecond at the present limit and speed; 0 while nothing is known. */
  readonly throughput: (at: number) => number
  /** The same at the model's usual speed. */
  readonly usualThroughput: () => number
  /** Work that running calls still need. */
  readonly backlog: (at: number) => number
}
