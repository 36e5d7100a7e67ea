import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as ClusterSnapshot from "../../src/stats/ClusterSnapshot.ts"
import { Stats } from "../../src/Stats.ts"
import { calls } from "../support/calls.ts"
import { chat, fetching, json } from "../support/gateway.ts"
import { proxy } from "../support/proxy.ts"
import { hasRedis, redis } from "../support/redis.ts"

type Cluster = ClusterSnapshot.ClusterSnapshot

const decode = Schema.decodeUnknownEffect(ClusterSnapshot.ClusterSnapshot)

/** The stats of a replica that has counted some calls. */
const replica = (id: string, succeeded: number, failed: number) =>
  Effect.gen(function* () {
    const stats = yield* Stats
    calls(stats.record, succeeded, "succeeded")
    calls(stats.record, failed, "failed")
    return { id, seen: "2026-01-01T00:00:00.000Z", figures: yield* stats.snapshot }
  }).pipe(Effect.provide(Stats.layer))

describe("The stats of all replicas", () => {
  it.effect("add up: counts are sums, and the success rate is that of all calls", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 second")
      const [a, b, c] = [yield* replica("a", 8, 0), yield* replica("b", 1, 3), yield* replica("c", 0, 0)]
      const { requests, replicas, uptimeMs } = ClusterSnapshot.of([a, b, c])

      assert.deepInclude(requests, { total: 12, succeeded: 9, failed: 3, inFlight: 0, successRate: 0.75 })
      assert.deepStrictEqual(
        replicas.map(({ id }) => id),
        ["a", "b", "c"]
      )
      assert.strictEqual(uptimeMs, 0)
    })
  )

  it.effect("take limits and the circuit from the replica that knows the worst, and sum what waits and runs", () =>
    Effect.gen(function* () {
      const { figures, ...a } = yield* replica("a", 2, 0)
      const one = (part: Partial<typeof figures>) => ({ ...a, figures: { ...figures, ...part } })
      const queue = { ...figures.queue, maxSize: 50, maxConcurrent: 5, queueSize: 3, activeRequests: 2 }
      const closed = { ...figures.circuitBreaker, maxFailures: 5 }
      const open = { ...closed, state: "open", isOpen: true, failures: 5, retryAfterMs: 700 } as const
      const callers = ["ada", "bob"].map((caller) => ({ caller, total: 2, inFlight: 1, rejected: 0 }))
      const latency = { p50: 10, p95: 20, p99: 30, mean: 12 }
      const sum = ClusterSnapshot.of([
        one({ queue, circuitBreaker: closed, callers, latency }),
        one({ queue: { ...queue, queueSize: 1 }, circuitBreaker: open, callers: callers.slice(1) }),
        one({
          callers: [],
          health: { status: "unhealthy", since: "then" },
          latency: { p50: 8, p95: 40, p99: 50, mean: 24 }
        })
      ])

      assert.deepInclude(sum.queue, { queueSize: 4, activeRequests: 4, maxSize: null, maxConcurrent: null })
      assert.deepInclude(sum.circuitBreaker, { state: "open", isOpen: true, failures: 5, retryAfterMs: 700 })
      assert.deepStrictEqual(sum.callers[0], { caller: "bob", total: 4, inFlight: 2, rejected: 0 })
      assert.deepStrictEqual(sum.health, { status: "unhealthy", since: "then" })
      assert.deepInclude(sum.latency, { p50: 10, p95: 40, p99: 50 })
      yield* decode(sum)
    })
  )
})

describe("GET /stats?scope=cluster", () => {
  it.live("without a store is the one replica", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      yield* fetch("/v1/chat/completions", chat())
      const cluster = yield* json<Cluster>(yield* fetch("/stats?scope=cluster"))
      const { replicas, requests } = yield* decode(cluster)

      assert.strictEqual(requests.total, 1)
      assert.deepStrictEqual(
        replicas.map(({ figures }) => figures.requests.total),
        [1]
      )
    })
  )

  it.live.each(["", "all", "__proto__"])("scope=%s is refused with what it takes", (scope) =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const response = yield* fetch(`/stats?scope=${scope}`)
      const { error } = yield* json(response)

      assert.deepStrictEqual([response.status, error.code, error.param], [400, "invalid_request", "scope"])
    })
  )
})

/** Asks again until the figures are as wanted: replicas tell theirs with their heartbeats. */
const until = (ask: Effect.Effect<Cluster>, wanted: (cluster: Cluster) => boolean) =>
  ask.pipe(
    Effect.delay("20 millis"),
    Effect.repeat({ until: wanted }),
    Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.die("the figures are not as wanted") })
  )

describe.runIf(hasRedis)("GET /stats?scope=cluster on Redis", () => {
  it.live("is the sum and each replica; of one replica alone while its store is down", () =>
    Effect.gen(function* () {
      const { port } = yield* redis
      const way = yield* proxy(port)
      const store = { url: Redacted.make(`redis://127.0.0.1:${way.port}`), lease: 1000 }
      const a = yield* fetching({ store })
      const b = yield* fetching({ store: { ...store, url: Redacted.make(`redis://127.0.0.1:${port}`) } })
      for (const { fetch } of [a, b, b]) yield* fetch("/v1/chat/completions", chat())
      const ask = (from: typeof a) =>
        Effect.flatMap(from.fetch("/stats?scope=cluster"), (answer) => json<Cluster>(answer))

      const both = yield* until(ask(a), ({ requests }) => requests.succeeded === 3)
      way.cut()
      const alone = yield* until(ask(a), ({ replicas }) => replicas.length === 1)
      const rest = yield* until(ask(b), ({ replicas }) => replicas.length === 1)
      way.mend()
      const again = yield* until(ask(a), ({ replicas }) => replicas.length === 2)

      assert.deepStrictEqual(
        both.replicas.map(({ figures }) => figures.requests.total),
        [1, 2]
      )
      for (const { seen } of both.replicas)
        assert.isBelow(Math.abs(performance.timeOrigin + performance.now() - Date.parse(seen)), 5000)
      assert.deepStrictEqual([alone.requests.total, rest.requests.total, again.requests.total], [1, 2, 3])
      yield* Effect.forEach([both, again], (cluster) => decode(cluster))
    })
  )
})
