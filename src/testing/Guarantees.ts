import type { Duration } from "effect"
import * as Field from "../config/Field.ts"
import { type For, type Values, withDefaults } from "../config/Options.ts"
import * as Table from "../config/Table.ts"

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

const { maxConcurrentRequests, maxQueueSize, maxRetries, requestsPerSecond, tokensPerMinute } = Table.limits

/** The fields of the guarantees. */
export const fields = {
  ...withDefaults(
    { permits: maxConcurrentRequests, capacity: maxQueueSize, perSecond: requestsPerSecond, retries: maxRetries },
    { permits: Infinity, capacity: Infinity, perSecond: Infinity, retries: 0 }
  ),
  burst: Table.stack.burst,
  tokensPerMinute,
  openDuration: Field.duration({ minimum: 0, default: 0 }),
  probeTimeout: Field.optional(Field.duration()),
  attemptTimeout: Field.duration({ infinite: true, default: Infinity }),
  deadline: Field.duration({ infinite: true, default: Infinity }),
  counts: Field.optional(Field.oneOf(["nothing", "calls", "all"]))
} satisfies For<Guarantees>

/** The guarantees as limits. */
export const limitsOf = (guarantees: Values<typeof fields>): Limits => {
  const { attemptTimeout, burst, openDuration, perSecond } = guarantees
  const { probeTimeout = attemptTimeout <= Field.day ? attemptTimeout : 60_000 } = guarantees
  return {
    ...guarantees,
    burst: perSecond === Infinity ? Infinity : burst,
    probeTimeout: openDuration === 0 ? 0 : probeTimeout
  }
}
