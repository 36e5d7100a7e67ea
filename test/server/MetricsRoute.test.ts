import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { calls } from "../support/calls.ts"
import { scrape } from "../support/exposition.ts"
import { fetching } from "../support/gateway.ts"

const awkward = 'a"b\\c\nd{e}=, é'

const scraped = (fetch: (path: string) => Effect.Effect<Response>) =>
  Effect.gen(function* () {
    const response = yield* fetch("/metrics")
    return { response, families: scrape(yield* Effect.promise(() => response.text())) }
  })

describe("GET /metrics", () => {
  it.live("is Prometheus text", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching()
      const { families, response } = yield* scraped(fetch)

      assert.strictEqual(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8")
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      for (const [name, { help, type }] of families) {
        assert.match(help, /\.$/)
        assert.match(name, /^(headgate|gen_ai_client)_[a-z_]+$/)
        assert.strictEqual(name.endsWith("_total"), type === "counter", name)
        assert.notMatch(name, /_ms$|millis/)
      }
    })
  )

  it.live("says what the figures say", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching({ limits: { maxQueueSize: 7, requestsPerSecond: 2.5 } })
      calls(stats.record, 5, "succeeded")
      calls(stats.record, 2, "failed", awkward)
      stats.record({ _tag: "Arrived", caller: "eve" })
      stats.record({ _tag: "Ended", caller: "eve", outcome: "rejected", reason: "QueueFull", latency: undefined })
      stats.record({ _tag: "Tokens", prompt: 30, completion: 12, saved: 3 })
      stats.record({ _tag: "Circuit", state: "open", failures: 5 })
      const { families } = yield* scraped(fetch)
      const value = (name: string, labels: Record<string, string> = {}) =>
        families
          .get(name)
          ?.samples.find((sample) => Object.entries(labels).every(([key, text]) => sample.labels[key] === text))?.value

      assert.strictEqual(value("headgate_requests_total"), 8)
      assert.strictEqual(value("headgate_requests_ended_total", { outcome: "succeeded" }), 5)
      assert.strictEqual(value("headgate_requests_ended_total", { outcome: "failed" }), 2)
      assert.strictEqual(value("headgate_rejections_total", { reason: "QueueFull" }), 1)
      assert.strictEqual(value("headgate_rejections_total", { reason: "CircuitOpen" }), 0)
      assert.strictEqual(value("headgate_caller_requests_total", { caller: awkward }), 2)
      assert.strictEqual(value("gen_ai_client_inference_usage_input_tokens_total"), 30)
      assert.strictEqual(value("gen_ai_client_inference_usage_output_tokens_total"), 12)
      assert.strictEqual(value("headgate_queue_max_size"), 7)
      assert.strictEqual(value("headgate_rate_limit_per_second"), 2.5)
      assert.strictEqual(value("headgate_circuit_state", { state: "open" }), 1)
      assert.strictEqual(value("headgate_circuit_state", { state: "closed" }), 0)
      assert.strictEqual(value("headgate_health", { status: "unhealthy" }), 1)
    })
  )

  it.live("leaves out what is not known, and limits that are off", () =>
    Effect.gen(function* () {
      const { fetch } = yield* fetching({ limits: { requestsPerSecond: Infinity } })
      const { families } = yield* scraped(fetch)

      assert.isFalse(families.has("headgate_rate_limit_per_second"))
      assert.isFalse(families.has("headgate_circuit_retry_after_seconds"))
      assert.isFalse(families.has("headgate_caller_requests_total"))
    })
  )

  it.live("times are histograms in seconds", () =>
    Effect.gen(function* () {
      const { fetch, stats } = yield* fetching()
      for (const latency of [5, 15, 700, 700, 90_000]) {
        stats.record({ _tag: "Ended", caller: "ada", outcome: "succeeded", reason: undefined, latency })
      }
      const { families } = yield* scraped(fetch)
      const { samples, type } = families.get("gen_ai_client_operation_duration_seconds")!
      const bucket = (le: string) => samples.find(({ labels }) => labels["le"] === le)?.value
      const rest = samples.filter(({ name }) => !name.endsWith("_bucket"))

      assert.strictEqual(type, "histogram")
      assert.deepStrictEqual(["0.01", "0.02", "0.64", "1.28", "81.92", "+Inf"].map(bucket), [1, 2, 2, 4, 4, 5])
      assert.deepStrictEqual(
        rest.map(({ name, value }) => [name.slice(-6), value]),
        [
          ["ds_sum", 91.42],
          ["_count", 5]
        ]
      )
      for (const name of ["gen_ai_client_operation_time_to_first_chunk_seconds", "headgate_queue_wait_seconds"]) {
        const buckets = families.get(name)!.samples.filter((sample) => sample.name.endsWith("_bucket"))
        assert.isTrue(buckets.every(({ value }, index) => index === 0 || value >= buckets[index - 1]!.value))
      }
    })
  )
})
