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
  /** The work that it needs if its reply is short: three of four are longer. */
  readonly shortWork: (options: ResolvedOptions) => number
  /** How long so much work takes at the model's present speed, if it starts now. */
  readonly duration: (work: number, at: number) => number
  /** How long so much work takes at the model's usual speed. */
  readonly usualDuration: (work: number) => number
  /**
   * How long the gate is taken up by a call of so much work, at the present or the usual speed of the model: the time
   * after which the next can start, in the long run. 0 while nothing is known.
   */
  readonly cost: (work: number, options: ResolvedOptions, at: number, speed: "present" | "usual") => number
  /** How long the gate is taken up by what running calls still need. */
  readonly backlog: (at: number) => number
}

/** The forecast where no policy beneath has one: nothing is known. */
export const unknowing: Forecast = {
  work: () => 0,
  shortWork: () => 0,
  duration: () => 0,
  usualDuration: () => 0,
  cost: () => 0,
  backlog: () => 0
}
