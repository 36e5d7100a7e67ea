import { Duration, Effect } from "effect"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Range from "../config/Range.ts"

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

const counts = ["nothing", "calls", "all"] as const

/** The promises as limits; fails with everything that is wrong with them. */
export const limitsOf = (promises: Promises): Effect.Effect<Limits, InvalidOptions> =>
  Effect.suspend(() => {
    const checker = new Range.Checker()
    const number = (name: "permits" | "capacity" | "perSecond" | "tokensPerMinute", range: Range.Range) =>
      checker.number(name, promises[name] ?? Infinity, range)
    const perSecond = number("perSecond", Range.perSecond)
    const burst = checker.number("burst", promises.burst ?? 1, Range.burst)
    const attempt = checker.duration("attempt", promises.attempt ?? Infinity, Range.millis)
    const openFor = checker.duration("openFor", promises.openFor ?? 0, { ...Range.finiteMillis, minimum: 0 })
    const usual = Range.inRange(Range.finiteMillis, attempt) ? attempt : 60_000
    const probe = checker.duration("probeTimeout", promises.probeTimeout ?? usual, Range.finiteMillis)
    const limits: Limits = {
      permits: number("permits", Range.permits),
      capacity: number("capacity", Range.capacity),
      perSecond,
      burst: perSecond === Infinity ? Infinity : burst,
      tokensPerMinute: number("tokensPerMinute", Range.tokensPerMinute),
      retries: checker.number("retries", promises.retries ?? 0, Range.retries),
      openFor,
      probeTimeout: openFor === 0 ? 0 : probe,
      attempt,
      deadline: checker.duration("deadline", promises.deadline ?? Infinity, Range.millis),
      counts: promises.counts === undefined ? undefined : checker.oneOf("counts", promises.counts, counts)
    }
    return Effect.as(checker.done, limits)
  })
