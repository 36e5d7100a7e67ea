import type { Advice } from "../../advice/Advice.ts"
import type { Snapshot } from "../../stats/Snapshot.ts"

/** Percentiles, maximum and mean of durations in milliseconds, within 1 %; `null` without any. */
export interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
  readonly mean: number | null
}

/** Calls that the gate refused, by reason. */
export type Refused = Snapshot["requests"]["rejections"]

export interface Caller {
  readonly caller: string
  readonly calls: number
  readonly succeeded: number
}

/** The jobs of agents. */
export interface Jobs {
  readonly created: number
  readonly completed: number
  readonly failed: number
  /** Jobs that waited for an agent or were in hand when the time was over. */
  readonly pending: number
  /** Completed jobs per minute. */
  readonly perMinute: number
  /** From creation to completion, the wait for an agent included. */
  readonly time: Percentiles
}

/**
 * What has come of a simulation. Times are milliseconds, shares 0 to 1.
 *
 * Only calls that arrive after the warm-up count, each exactly once: `calls` is the sum of `started`, `unfinished` and the
 * refused, and `started` of `succeeded`, `failed` and `timedOut`. Times are those of calls that succeeded.
 */
export interface Result {
  readonly calls: number
  readonly started: number
  readonly succeeded: number
  readonly failed: number
  readonly timedOut: number
  /** Calls that had no end within an hour after the last arrival, because no limit ends calls that hang. */
  readonly unfinished: number
  readonly refused: Refused
  /** The share of calls that were answered in time; 1 without a call. */
  readonly success: number
  /** Calls answered in time, and their reply tokens, per second. */
  readonly goodput: { readonly callsPerSecond: number; readonly tokensPerSecond: number }
  /** The share of the model's work that was not for an answer in time. */
  readonly wastedWork: number
  /** Requests to the model for each call; 0 without a call. */
  readonly upstreamPerCall: number
  /** From arrival to first start. */
  readonly wait: Percentiles
  /** From first start to the end. */
  readonly latency: Percentiles
  /** From first start to the first token of the answer. */
  readonly firstToken: Percentiles
  /** From arrival to the end: what a caller sees, however long the gate kept the call. */
  readonly total: Percentiles
  /** Time-weighted mean of calls that wait, as a share of the queue's size. */
  readonly averageFill: number
  /** Share of the time in which the circuit was not closed. */
  readonly openFraction: number
  readonly openings: number
  /** Jain's index of the callers' success: 1 if it is even, 1 / n if one of n callers has all. */
  readonly fairness: number
  /** The ten busiest callers. */
  readonly callers: ReadonlyArray<Caller>
  /** `null` but for agents. */
  readonly jobs: Jobs | null
  /** What the gate would advise at the end of the time. */
  readonly advice: Advice
}
