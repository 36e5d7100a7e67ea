import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Stats } from "../../src/Stats.ts"
import { effortless } from "../support/effort.ts"

describe("Stats", () => {
  it.effect("latency covers calls that succeeded; wait and first token cover all calls", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      record({ _tag: "Started", wait: 5 })
      record({ _tag: "Started", wait: undefined })
      record({ _tag: "FirstChunk", after: 7 })
      record({ _tag: "Ended", caller: "ada", outcome: "succeeded", reason: undefined, latency: 20 })
      record({ _tag: "Ended", caller: "ada", outcome: "failed", reason: undefined, latency: 9_000 })

      const { firstToken, latency, requests, wait } = yield* snapshot
      assert.deepStrictEqual(wait, { p50: 5, p95: 5, p99: 5, mean: 5 })
      assert.deepStrictEqual(firstToken, { p50: 7, p95: 7, p99: 7, mean: 7 })
      assert.deepStrictEqual(latency, { p50: 20, p95: 20, p99: 20, mean: 20 })
      assert.strictEqual(requests.retried, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("tokens and zombies add up, and without agents jobs are zeros", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      record({ _tag: "Tokens", prompt: 10, completion: 5, saved: 1 })
      record({ _tag: "Tokens", prompt: 1, completion: 2, saved: 3 })
      record({ _tag: "Tokens", prompt: 0, completion: 0 })
      record({ _tag: "Zombie" })

      const { jobs, requests, tokens } = yield* snapshot
      assert.deepStrictEqual(tokens, { prompt: 11, completion: 7, total: 18, saved: 4 })
      assert.strictEqual(requests.zombies, 1)
      assert.deepStrictEqual(jobs, { created: 0, completed: 0, failed: 0, pending: 0, perMinute: 0, ...effortless })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("startsLastSecond covers the last second, to the millisecond", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      const starts = Effect.map(snapshot, ({ rate }) => rate.startsLastSecond)
      for (let start = 1; start <= 100; start++) {
        yield* TestClock.adjust("1 millis")
        record({ _tag: "Started", wait: 0 })
      }

      assert.strictEqual(yield* starts, 100)
      yield* TestClock.adjust("930 millis")
      assert.strictEqual(yield* starts, 70)
      yield* TestClock.adjust("70 millis")
      assert.strictEqual(yield* starts, 0)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("two starts per second never show as three", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      for (let start = 0; start < 9; start++) {
        record({ _tag: "Started", wait: 0 })

        assert.isAtMost((yield* snapshot).rate.startsLastSecond, 2)
        yield* TestClock.adjust("500 millis")
      }
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("every change to open counts as an opening, and openFraction includes half-open", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      yield* TestClock.adjust("1 minute")
      record({ _tag: "Circuit", state: "open", failures: 5 })
      record({ _tag: "Circuit", state: "open", failures: 5 })
      const { circuitBreaker } = yield* snapshot
      yield* TestClock.adjust("30 seconds")
      record({ _tag: "Circuit", state: "half-open", failures: 5 })
      yield* TestClock.adjust("30 seconds")
      record({ _tag: "Circuit", state: "open", failures: 5 })
      record({ _tag: "Circuit", state: "closed", failures: 0 })
      yield* TestClock.adjust("2 minutes")

      assert.deepInclude(circuitBreaker, { isOpen: true, state: "open", failures: 5, openings: 1 })
      assert.deepInclude((yield* snapshot).circuitBreaker, {
        isOpen: false,
        failures: 0,
        openings: 2,
        openFraction: 0.25
      })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("averageFill is time-weighted over the last hour", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      const fill = Effect.map(snapshot, ({ queue }) => queue.averageFill)
      record({ _tag: "Waiting", size: 25, capacity: 50 })
      yield* TestClock.adjust("10 minutes")
      record({ _tag: "Waiting", size: 0, capacity: 50 })
      yield* TestClock.adjust("10 minutes")

      assert.strictEqual(yield* fill, 0.25)
      yield* TestClock.adjust("45 minutes")
      assert.closeTo(yield* fill, 0.5 / 12, 1e-9)
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual(yield* fill, 0)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a queue of capacity 0, or without bound, has an averageFill of 0", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      record({ _tag: "Waiting", size: 1, capacity: 0 })
      yield* TestClock.adjust("1 minute")
      record({ _tag: "Waiting", size: 9, capacity: Infinity })
      yield* TestClock.adjust("1 minute")

      assert.deepInclude((yield* snapshot).queue, { queueSize: 9, averageFill: 0 })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a limit that is off or not reported is null; of two limits the tighter one is shown", () =>
    Effect.gen(function* () {
      const { snapshot, watch } = yield* Stats
      watch(() => ({ maxConcurrent: Infinity, perSecond: 4, oldestWaitMs: 10, circuitRetryAfterMs: undefined }))
      watch(() => ({ perSecond: 2, oldestWaitMs: 30 }))
      watch(() => ({ perSecond: Infinity }))

      const { circuitBreaker, queue, rate } = yield* snapshot
      assert.deepInclude(queue, { maxConcurrent: null, maxSize: null, oldestWaitMs: 30, predictedWaitMs: null })
      assert.deepInclude(circuitBreaker, { maxFailures: null, retryAfterMs: null })
      assert.strictEqual(rate.perSecond, 2)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("an event that carries its time counts at that time", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      yield* TestClock.adjust("10 seconds")
      record({ _tag: "Started", wait: 0, at: 8_900 })
      record({ _tag: "Started", wait: 0, at: 9_500 })

      assert.strictEqual((yield* snapshot).rate.startsLastSecond, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("uptime starts when the layer is built", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      const context = yield* Effect.scoped(Effect.provide(Effect.context<Stats>(), Stats.layer))
      yield* TestClock.adjust("90 seconds")

      const { uptimeMs } = yield* Effect.provide(
        Effect.flatMap(Stats, (stats) => stats.snapshot),
        context
      )
      assert.strictEqual(uptimeMs, 90_000)
    })
  )
})
