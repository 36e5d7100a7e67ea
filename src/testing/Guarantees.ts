import { Duration, Effect } from "effect"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Range from "../config/Range.ts"

/** What a stack guarantees; a limit that is left out is one that the stack does not have. */
export interface Guarantees {
  /** Permits in use at once at most, each call with its `CallOptions.permits`; 1 to 100000. Default: no limit. */
  readonly permits?: number | undefined
  /** Calls that wait for their first start at most; 0 (start at once or be refused) to 1000000. Default: no limit. */
  readonly capacity?: number | undefined
  /** Starts per second at most, retries included; 0.001 to 100000. Default: no limit. */
  readonly perSecond?: number | undefined
  /** Starts at once after an idle period at most; from 1. Default: 1. */
  readonly burst?: number | undefined
  /** Tokens (`CallOptions.tokens`) of started calls per minute, and at once after an idle period; from 1. Default: no limit. */
  readonly tokensPerMinute?: number | undefined
  /** Retries of a call at most; 0 to 20. Default: 0. */
  readonly retries?: number | undefined
  /** The longest time for which a circuit stays open; 1 ms to a day. Default: there is no circuit breaker. */
  readonly openDuration?: Duration.Input | undefined
  /** The longest time of a probe of the circuit; 1 ms to a day. Default: `attemptTimeout`, or 60 s. */
  readonly probeTimeout?: Duration.Input | undefined
  /** The longest time of one attempt at the model, to the first chunk if it streams; 1 ms to a day. Default: no limit. */
  readonly attemptTimeout?: Duration.Input | undefined
  /** The longest time of a whole call, to the first chunk if it streams; 1 ms to a day. Default: no limit. */
  readonly deadline?: Duration.Input | undefined
  /**
   * What the `Stats` of the stack count: `nothing`, `calls` by outcome, or `all`, waiting calls included.
   *
   * Default: `all` for a stack with `Stats` and a capacity, `calls` for one with `Stats` only.
   */
  readonly counts?: "nothing" | "calls" | "all" | undefined
}

/** The guarantees with every default in place. Times are milliseconds; `Infinity` is no limit. */
export interface Limits {
  readonly permits: number
  readonly capacity: number
  readonly perSecond: number
  readonly burst: number
  readonly tokensPerMinute: number
  readonly retries: number
  /** 0 if there is no circuit breaker. */
  readonly openDuration: number
  readonly probeTimeout: number
  readonly attemptTimeout: number
  readonly deadline: number
  readonly counts: Guarantees["counts"]
}

const counts = ["nothing", "calls", "all"] as const

/** Fills in the defaults; fails with `InvalidOptions` that names every wrong value. */
export const limitsOf = (guarantees: Guarantees): Effect.Effect<Limits, InvalidOptions> =>
  Effect.suspend(() => {
    const checker = new Range.Checker()
    const number = (name: "permits" | "capacity" | "perSecond" | "tokensPerMinute", range: Range.Range) =>
      checker.number(name, guarantees[name] ?? Infinity, range)
    const perSecond = number("perSecond", Range.perSecond)
    const burst = checker.number("burst", guarantees.burst ?? 1, Range.burst)
    const attemptTimeout = checker.duration("attemptTimeout", guarantees.attemptTimeout ?? Infinity, Range.millis)
    const openDuration = checker.duration("openDuration", guarantees.openDuration ?? 0, {
      ...Range.finiteMillis,
      minimum: 0
    })
    const probeDefault = Range.inRange(Range.finiteMillis, attemptTimeout) ? attemptTimeout : 60_000
    const probe = checker.duration("probeTimeout", guarantees.probeTimeout ?? probeDefault, Range.finiteMillis)
    const limits: Limits = {
      permits: number("permits", Range.permits),
      capacity: number("capacity", Range.capacity),
      perSecond,
      burst: perSecond === Infinity ? Infinity : burst,
      tokensPerMinute: number("tokensPerMinute", Range.tokensPerMinute),
      retries: checker.number("retries", guarantees.retries ?? 0, Range.retries),
      openDuration,
      probeTimeout: openDuration === 0 ? 0 : probe,
      attemptTimeout,
      deadline: checker.duration("deadline", guarantees.deadline ?? Infinity, Range.millis),
      counts: guarantees.counts === undefined ? undefined : checker.oneOf("counts", guarantees.counts, counts)
    }
    return Effect.as(checker.done, limits)
  })
