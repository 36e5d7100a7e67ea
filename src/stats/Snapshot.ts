import { Schema } from "effect"
import { Status } from "./Health.ts"
import { Jobs } from "./Jobs.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Limit = Schema.NullOr(Schema.Finite)
const Millis = Schema.NullOr(Schema.Finite)

/** Percentiles and mean of durations in milliseconds; `null` before the first. */
export const Percentiles = Schema.Struct({ p50: Millis, p95: Millis, p99: Millis, mean: Millis }).annotate({
  identifier: "Percentiles"
})
export type Percentiles = typeof Percentiles.Type

const Rejections = Schema.Struct({
  QueueFull: Schema.Natural,
  CircuitOpen: Schema.Natural,
  RateLimited: Schema.Natural,
  DeadlineExceeded: Schema.Natural,
  NeverAdmissible: Schema.Natural,
  ShuttingDown: Schema.Natural
})

const CircuitBreaker = Schema.Struct({
  isOpen: Schema.Boolean,
  state: Schema.Literals(["closed", "open", "half-open"]),
  failures: Schema.Natural.annotate({ description: "Consecutive failures." }),
  maxFailures: Limit,
  openings: Schema.Natural.annotate({
    description: "How often the circuit opened; a failed probe opens it again."
  }),
  openFraction: Share.annotate({
    description: "Share of the time in which the circuit was not closed, over the last hour or since the start."
  }),
  retryAfterMs: Millis.annotate({ description: "Time until the next probe; `null` while the circuit is closed." })
})

/** One endpoint of several. Its requests are attempts: a call that went on to another endpoint counts at both. */
export const Endpoint = Schema.Struct({
  name: Schema.String,
  models: Schema.Array(Schema.String).annotate({ description: "Names and patterns of the models it serves." }),
  weight: Schema.Finite,
  order: Schema.Finite,
  draining: Schema.Boolean.annotate({ description: "Whether it was removed, and lets its last attempts end." }),
  queue: Schema.Struct({
    queueSize: Schema.Natural.annotate({ description: "Calls that wait and may start here, or at another endpoint." }),
    activeRequests: Schema.Natural.annotate({ description: "Attempts at the endpoint now." }),
    maxConcurrent: Limit
  }),
  circuitBreaker: CircuitBreaker,
  rate: Schema.Struct({ perSecond: Limit }),
  requests: Schema.Struct({
    total: Schema.Natural.annotate({ description: "Attempts: the sum of the four outcomes and `inFlight`." }),
    succeeded: Schema.Natural,
    failed: Schema.Natural,
    timedOut: Schema.Natural,
    cancelled: Schema.Natural,
    inFlight: Schema.Natural,
    rateLimited: Schema.Natural.annotate({ description: "Of the failed ones, those answered with 429." }),
    successRate: Schema.Finite.annotate({
      description: "Succeeded / (succeeded + failed + timed out); 1 before the first."
    })
  }),
  tokens: Schema.Struct({ prompt: Schema.Finite, completion: Schema.Finite, total: Schema.Finite }),
  latency: Percentiles.annotateKey({ description: "From start to end, of attempts that succeeded." }),
  firstToken: Percentiles.annotateKey({ description: "From start to the first chunk of a streamed answer." })
}).annotate({ identifier: "Endpoint" })
export type Endpoint = typeof Endpoint.Type

/** The stats at one moment. Times are milliseconds; a limit that is off is `null`. */
export const Snapshot = Schema.Struct({
  queue: Schema.Struct({
    queueSize: Schema.Natural.annotate({ description: "Calls waiting for their first or next start." }),
    maxSize: Limit,
    activeRequests: Schema.Natural.annotate({ description: "Attempts at the model now." }),
    maxConcurrent: Limit,
    averageFill: Share.annotate({
      description: "Time-weighted mean of `queueSize / maxSize` over the last hour or since the start."
    }),
    oldestWaitMs: Millis.annotate({
      description: "How long the oldest call in the queue has waited; `null` without a queue."
    }),
    predictedWaitMs: Millis.annotate({
      description: "Predicted wait of a call that arrives now; `null` if no queue predicts it."
    })
  }),
  circuitBreaker: CircuitBreaker,
  rate: Schema.Struct({ perSecond: Limit, startsLastSecond: Schema.Natural }),
  requests: Schema.Struct({
    total: Schema.Natural.annotate({
      description: "Calls that arrived: the sum of the five outcomes and `inFlight`."
    }),
    succeeded: Schema.Natural,
    failed: Schema.Natural,
    rejected: Schema.Natural,
    cancelled: Schema.Natural,
    timedOut: Schema.Natural,
    inFlight: Schema.Natural,
    retried: Schema.Natural.annotate({ description: "Attempts after the first." }),
    zombies: Schema.Natural.annotate({ description: "Permits released before the work behind them had ended." }),
    successRate: Share.annotate({
      description: "Succeeded / (succeeded + failed + timed out); 1 before the first."
    }),
    rejections: Rejections.annotate({ description: "Rejected calls by reason." })
  }),
  tokens: Schema.Struct({
    prompt: Schema.Finite,
    completion: Schema.Finite,
    total: Schema.Finite,
    saved: Schema.Finite.annotate({
      description:
        "Prompt tokens that callers say they saved; agents: against headgate's own verbose prompts with all memories."
    })
  }),
  latency: Percentiles.annotateKey({ description: "From first start to end, of calls that succeeded." }),
  wait: Percentiles.annotateKey({ description: "From arrival to first start." }),
  firstToken: Percentiles.annotateKey({ description: "From first start to the first chunk of a streamed answer." }),
  jobs: Jobs,
  endpoints: Schema.optionalKey(Schema.Array(Endpoint)).annotateKey({
    description: "Each endpoint, where there are several; the other values are of all of them."
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
    since: Schema.String.annotate({ description: "When the current status began, in ISO 8601." })
  }),
  uptimeMs: Schema.Finite
}).annotate({ identifier: "Snapshot" })
export type Snapshot = typeof Snapshot.Type
