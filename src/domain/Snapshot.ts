import { Schema } from "effect"
import { Status } from "./Health.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Limit = Schema.NullOr(Schema.Finite)
const Millis = Schema.NullOr(Schema.Finite)

/** How durations in milliseconds spread; `null` before the first. */
export const Spread = Schema.Struct({ p50: Millis, p95: Millis, p99: Millis, mean: Millis }).annotate({
  identifier: "Spread"
})
export type Spread = typeof Spread.Type

/** How often the gate refused a call, by reason. */
export const Rejections = Schema.Struct({
  QueueFull: Schema.Natural,
  CircuitOpen: Schema.Natural,
  RateLimited: Schema.Natural,
  DeadlineExceeded: Schema.Natural,
  NeverAdmissible: Schema.Natural,
  ShuttingDown: Schema.Natural
})

/** The figures of a moment. Times are milliseconds; a limit that is off is `null`. */
export const Snapshot = Schema.Struct({
  queue: Schema.Struct({
    /** Calls that wait for their first or next start. */
    queueSize: Schema.Natural,
    maxSize: Limit,
    /** Attempts at the model now. */
    activeRequests: Schema.Natural,
    maxConcurrent: Limit,
    /** Mean of `queueSize / maxSize`, weighted by time, over the last hour or since the start. */
    averageFill: Share,
    /** How long the first in the queue has waited; `null` if no queue tells. */
    oldestWaitMs: Millis,
    /** How long a call that arrives now would wait; `null` if that cannot be told. */
    predictedWaitMs: Millis
  }),
  circuitBreaker: Schema.Struct({
    isOpen: Schema.Boolean,
    state: Schema.Literals(["closed", "open", "half-open"]),
    /** Failures in a row. */
    failures: Schema.Natural,
    maxFailures: Limit,
    /** How often the circuit opened; a probe that fails opens it again. */
    openings: Schema.Natural,
    /** Share of the time in which the circuit was not closed, over the last hour or since the start. */
    openFraction: Share,
    /** When the next probe is due; `null` while the circuit is closed. */
    retryAfterMs: Millis
  }),
  rate: Schema.Struct({ perSecond: Limit, startsLastSecond: Schema.Natural }),
  requests: Schema.Struct({
    /** Calls that arrived: the sum of the five ways to end and of those in flight. */
    total: Schema.Natural,
    succeeded: Schema.Natural,
    failed: Schema.Natural,
    rejected: Schema.Natural,
    cancelled: Schema.Natural,
    timedOut: Schema.Natural,
    inFlight: Schema.Natural,
    /** Attempts after the first. */
    retried: Schema.Natural,
    /** Permits given back before the work behind them had ended. */
    zombies: Schema.Natural,
    /** Succeeded of those that succeeded, failed or timed out; 1 before the first. */
    successRate: Share,
    rejections: Rejections
  }),
  tokens: Schema.Struct({
    prompt: Schema.Finite,
    completion: Schema.Finite,
    total: Schema.Finite,
    saved: Schema.Finite
  }),
  /** From the first start to the end of calls that succeeded. */
  latency: Spread,
  /** From arrival to the first start. */
  wait: Spread,
  /** From the first start to the first part of a streamed answer. */
  firstToken: Spread,
  jobs: Schema.Struct({
    created: Schema.Natural,
    completed: Schema.Natural,
    failed: Schema.Natural,
    pending: Schema.Natural,
    /** Jobs completed a minute, over the last ten minutes, or since the start but not less than a minute. */
    perMinute: Schema.Finite
  }),
  /** The ten busiest callers, the busiest first. */
  callers: Schema.Array(
    Schema.Struct({
      caller: Schema.String,
      total: Schema.Natural,
      inFlight: Schema.Natural,
      rejected: Schema.Natural
    })
  ),
  health: Schema.Struct({
    status: Status,
    /** When the present status began, in ISO 8601. */
    since: Schema.String
  }),
  uptimeMs: Schema.Finite
}).annotate({ identifier: "Snapshot" })
export type Snapshot = typeof Snapshot.Type
