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

/** Something of each purpose. */
export const ByPurpose = Schema.Struct({ act: Schema.Finite, plan: Schema.Finite, reflect: Schema.Finite })
export type ByPurpose = typeof ByPurpose.Type

/** How many jobs failed, by reason. */
export const Failures = Schema.Struct({ wrong: Schema.Natural, late: Schema.Natural, refused: Schema.Natural })

/** The figures of a moment. Times are milliseconds; a limit that is off is `null`. */
export const Snapshot = Schema.Struct({
  queue: Schema.Struct({
    queueSize: Schema.Natural.annotate({ description: "Calls that wait for their first or next start." }),
    maxSize: Limit,
    activeRequests: Schema.Natural.annotate({ description: "Attempts at the model now." }),
    maxConcurrent: Limit,
    averageFill: Share.annotate({
      description: "Mean of `queueSize / maxSize`, weighted by time, over the last hour or since the start."
    }),
    oldestWaitMs: Millis.annotate({
      description: "How long the first in the queue has waited; `null` if no queue tells."
    }),
    predictedWaitMs: Millis.annotate({
      description: "How long a call that arrives now would wait; `null` if that cannot be told."
    })
  }),
  circuitBreaker: Schema.Struct({
    isOpen: Schema.Boolean,
    state: Schema.Literals(["closed", "open", "half-open"]),
    failures: Schema.Natural.annotate({ description: "Failures in a row." }),
    maxFailures: Limit,
    openings: Schema.Natural.annotate({
      description: "How often the circuit opened; a probe that fails opens it again."
    }),
    openFraction: Share.annotate({
      description: "Share of the time in which the circuit was not closed, over the last hour or since the start."
    }),
    retryAfterMs: Millis.annotate({ description: "When the next probe is due; `null` while the circuit is closed." })
  }),
  rate: Schema.Struct({ perSecond: Limit, startsLastSecond: Schema.Natural }),
  requests: Schema.Struct({
    total: Schema.Natural.annotate({
      description: "Calls that arrived: the sum of the five ways to end and of those in flight."
    }),
    succeeded: Schema.Natural,
    failed: Schema.Natural,
    rejected: Schema.Natural,
    cancelled: Schema.Natural,
    timedOut: Schema.Natural,
    inFlight: Schema.Natural,
    retried: Schema.Natural.annotate({ description: "Attempts after the first." }),
    zombies: Schema.Natural.annotate({ description: "Permits given back before the work behind them had ended." }),
    successRate: Share.annotate({
      description: "Succeeded of those that succeeded, failed or timed out; 1 before the first."
    }),
    rejections: Rejections
  }),
  tokens: Schema.Struct({
    prompt: Schema.Finite,
    completion: Schema.Finite,
    total: Schema.Finite,
    saved: Schema.Finite.annotate({
      description:
        "Prompt tokens of a verbose frame and of all memories that agents did not send, as the model would have billed them."
    })
  }),
  latency: Spread.annotateKey({ description: "From the first start to the end of calls that succeeded." }),
  wait: Spread.annotateKey({ description: "From arrival to the first start." }),
  firstToken: Spread.annotateKey({ description: "From the first start to the first part of a streamed answer." }),
  jobs: Schema.Struct({
    created: Schema.Natural,
    completed: Schema.Natural,
    failed: Schema.Natural,
    pending: Schema.Natural,
    perMinute: Schema.Finite.annotate({
      description: "Jobs completed a minute, over the last ten minutes, or since the start but not less than a minute."
    }),
    variation: Schema.NullOr(Schema.Finite).annotate({
      description:
        "How unevenly jobs were completed from minute to minute in the last hour: deviation by mean; null before five minutes."
    }),
    failures: Failures.annotate({ description: "Jobs that failed, by reason." }),
    calls: ByPurpose.annotate({ description: "Calls of agents that were answered, by purpose." }),
    tokensPerJob: ByPurpose.annotate({
      description: "Tokens of prompts and replies, by purpose, for each job completed; 0 before the first."
    }),
    plansReused: Schema.Natural.annotate({ description: "Plans used again in place of a call." }),
    reflectionsPerJob: Schema.Finite.annotate({
      description: "Calls to reflect, for each job completed; 0 before the first."
    }),
    reflectionsSkipped: Schema.Natural.annotate({
      description: "Reflections left out, because of the load or of their number."
    })
  }),
  callers: Schema.Array(
    Schema.Struct({
      caller: Schema.String,
      total: Schema.Natural,
      inFlight: Schema.Natural,
      rejected: Schema.Natural
    })
  ).annotate({ description: "The ten busiest callers, the busiest first." }),
  health: Schema.Struct({
    status: Status,
    since: Schema.String.annotate({ description: "When the present status began, in ISO 8601." })
  }),
  uptimeMs: Schema.Finite
}).annotate({ identifier: "Snapshot" })
export type Snapshot = typeof Snapshot.Type
