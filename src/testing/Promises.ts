import type { Duration } from "effect"
import * as Field from "../config/Field.ts"
import { type For, type Values, withDefaults } from "../config/Options.ts"
import * as Table from "../config/Table.ts"

/** What a stack promises; what is left out is a limit it has not. */
export interface Promises {
  /** Permits in use at most, a call at the model counting with its `CallOptions.permits`; 1 to 100000, no limit. */
  readonly permits?: number | undefined
  /** Calls that may wait for their first start; 0 to 1000000, no limit. With 0 a call starts at once or is refused. */
  readonly capacity?: number | undefined
  /** Calls started per second, retries included; 0.001 to 100000, no limit. */
  readonly perSecond?: number | undefined
  /** Calls that may start at once after a quiet time; from 1, 1. */
  readonly burst?: number | undefined
  /** Tokens (`CallOptions.tokens`) of started calls per minute, of which a minute's may be spent at once; from 1, no limit. */
  readonly tokensPerMinute?: number | undefined
  /** How often a call may be made again; 0 to 20, 0. */
  readonly retries?: number | undefined
  /** How long a circuit stays open at most; 1 ms to a day, or none: a healthy model is then asked at once. */
  readonly openFor?: Duration.Input | undefined
  /** How long a probe of the circuit may take; 1 ms to a day, the time of an `attempt`, or 60 s. */
  readonly probeTimeout?: Duration.Input | undefined
  /** How long one attempt may be at the model, until the first part of a streamed answer; 1 ms to a day, no limit. */
  readonly attempt?: Duration.Input | undefined
  /** How long a call may take in all, until the first part of a streamed answer; 1 ms to a day, no limit. */
  readonly deadline?: Duration.Input | undefined
  /**
   * What its `Stats` count: `nothing`, the `calls` that came and how they ended, or `all`, those that wait as well; `all` for a
   * stack that has `Stats` and promises a capacity, `calls` for one that only has `Stats`.
   */
  readonly counts?: "nothing" | "calls" | "all" | undefined
}

/** Promises with every value there; `Infinity` is a limit that a stack has not. Times are milliseconds. */
export interface Limits {
  readonly permits: number
  readonly capacity: number
  readonly perSecond: number
  readonly burst: number
  readonly tokensPerMinute: number
  readonly retries: number
  /** How long a circuit stays open; 0, there is none. */
  readonly openFor: number
  readonly probeTimeout: number
  readonly attempt: number
  readonly deadline: number
  readonly counts: Promises["counts"]
}

const { maxConcurrentRequests, maxQueueSize, maxRetries, requestsPerSecond, tokensPerMinute } = Table.limits

/** The fields of the promises. */
export const fields = {
  ...withDefaults(
    { permits: maxConcurrentRequests, capacity: maxQueueSize, perSecond: requestsPerSecond, retries: maxRetries },
    { permits: Infinity, capacity: Infinity, perSecond: Infinity, retries: 0 }
  ),
  burst: Table.stack.burst,
  tokensPerMinute,
  openFor: Field.duration({ minimum: 0, default: 0 }),
  probeTimeout: Field.optional(Field.duration()),
  attempt: Field.duration({ infinite: true, default: Infinity }),
  deadline: Field.duration({ infinite: true, default: Infinity }),
  counts: Field.optional(Field.oneOf(["nothing", "calls", "all"]))
} satisfies For<Promises>

/** The promises as limits. */
export const limitsOf = (promises: Values<typeof fields>): Limits => {
  const { attempt, burst, openFor, perSecond, probeTimeout = attempt <= Field.day ? attempt : 60_000 } = promises
  return {
    ...promises,
    burst: perSecond === Infinity ? Infinity : burst,
    probeTimeout: openFor === 0 ? 0 : probeTimeout
  }
}
