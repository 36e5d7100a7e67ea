import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Snapshot } from "../../src/stats/Snapshot.ts"
import { Stats } from "../../src/Stats.ts"
import { effortless } from "../support/effort.ts"

const none = { p50: null, p95: null, p99: null, mean: null }

// The documented JSON interface, field by field.
const documented: Snapshot = {
  queue: {
    queueSize: 0,
    maxSize: 50,
    activeRequests: 0,
    maxConcurrent: 3,
    averageFill: 0,
    oldestWaitMs: 0,
    predictedWaitMs: 0
  },
  circuitBreaker: {
    isOpen: false,
    state: "closed",
    failures: 0,
    maxFailures: 5,
    openings: 0,
    openFraction: 0,
    retryAfterMs: null
  },
  rate: { perSecond: 2, startsLastSecond: 0 },
  requests: {
    total: 0,
    succeeded: 0,
    failed: 0,
    rejected: 0,
    cancelled: 0,
    timedOut: 0,
    inFlight: 0,
    retried: 0,
    zombies: 0,
    successRate: 1,
    rejections: {
      QueueFull: 0,
      CircuitOpen: 0,
      RateLimited: 0,
      DeadlineExceeded: 0,
      NeverAdmissible: 0,
      ShuttingDown: 0
    }
  },
  tokens: { prompt: 0, completion: 0, total: 0, saved: 0 },
  latency: none,
  wait: none,
  firstToken: none,
  jobs: { created: 0, completed: 0, failed: 0, pending: 0, perMinute: 0, ...effortless },
  callers: [],
  health: { status: "healthy", since: "1970-01-01T00:00:00.000Z" },
  uptimeMs: 0
}

describe("Snapshot", () => {
  it.effect("the first snapshot with the default limits is that of the documented interface", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      stats.watch(() => ({ maxSize: 50, oldestWaitMs: 0, predictedWaitMs: 0 }))
      stats.watch(() => ({ maxConcurrent: 3 }))
      stats.watch(() => ({ perSecond: 2 }))
      stats.watch(() => ({ maxFailures: 5, circuitRetryAfterMs: undefined }))

      assert.deepStrictEqual(yield* stats.snapshot, documented)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("is the same after encoding to JSON and decoding", () =>
    Effect.gen(function* () {
      const Json = Schema.fromJsonString(Snapshot)
      const busy = { ...documented, callers: [{ caller: "ada", total: 3, inFlight: 1, rejected: 2 }] }

      const json = yield* Schema.encodeEffect(Json)(busy)

      assert.deepStrictEqual(JSON.parse(json), busy)
      assert.deepStrictEqual(yield* Schema.decodeEffect(Json)(json), busy)
    })
  )
})
