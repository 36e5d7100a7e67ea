import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Outcome } from "../../src/stats/Event.ts"
import { Stats } from "../../src/Stats.ts"

/** Records one call per second with a latency. */
const load = Effect.fnUntraced(function* (seconds: number, latency: number, outcome: Outcome = "succeeded") {
  const { record } = yield* Stats
  for (let second = 0; second < seconds; second++) {
    record({ _tag: "Arrived", caller: "ada" })
    record({ _tag: "Started", wait: 0 })
    record({ _tag: "Stopped" })
    record({ _tag: "Ended", caller: "ada", outcome, reason: undefined, latency })
    yield* TestClock.adjust("1 second")
  }
})

const recent = Effect.flatMap(Stats, ({ recent }) => recent)

const near = (actual: number | null, expected: number) => {
  assert.isNotNull(actual)
  assert.approximately(actual!, expected, Math.max(0.01, expected * 0.01))
}

describe("Stats.recent", () => {
  it.effect("before the first call rates are 0 and latencies null", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* recent, {
        arrivals: 0,
        arrivalsPerSecond: 0,
        startsPerSecond: 0,
        heldMs: null,
        latencyMs: null,
        earlierLatencyMs: null,
        peak: 0,
        openings: 0,
        queueFull: 0,
        outOfTime: 0,
        circuitOpen: 0,
        callerDeadlines: 0,
        unauthorized: 0,
        notFound: 0,
        invalid: 0,
        failures: [],
        load: { succeeded: 0, failed: 0, activeIfSucceeded: 0, activeIfFailed: 0, spread: 0 }
      })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("latencyMs covers the last ten minutes, earlierLatencyMs the rest of the hour", () =>
    Effect.gen(function* () {
      yield* load(1800, 100)
      yield* load(600, 400)
      const now = yield* recent

      near(now.latencyMs, 400)
      near(now.earlierLatencyMs, 100)
      near(now.arrivalsPerSecond, 1)
      near(now.startsPerSecond, 1)
      assert.approximately(now.arrivals, 2400, 2)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("nineteen calls are too few for a latency", () =>
    Effect.gen(function* () {
      yield* load(19, 100)
      const few = yield* recent
      yield* TestClock.adjust("10 minutes")
      yield* load(20, 400)
      const now = yield* recent

      assert.isNull(few.latencyMs)
      assert.isNull(now.earlierLatencyMs)
      near(now.latencyMs, 400)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("failed calls count for heldMs, but not for latencyMs", () =>
    Effect.gen(function* () {
      yield* load(30, 100)
      yield* load(30, 900, "timedOut")
      const now = yield* recent

      near(now.heldMs, 500)
      near(now.latencyMs, 100)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("the last calls before an idle time count when they came, not when it ended", () =>
    Effect.gen(function* () {
      yield* load(60, 100)
      yield* TestClock.adjust("11 minutes")
      yield* load(1, 100)
      const now = yield* recent

      near(now.arrivalsPerSecond, 1 / 600)
      assert.isNull(now.latencyMs)
      near(now.earlierLatencyMs, 100)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("peak covers an hour, and includes attempts that were over within a second", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      for (let i = 0; i < 5; i++) record({ _tag: "Started", wait: 0 })
      for (let i = 0; i < 4; i++) record({ _tag: "Stopped" })
      yield* TestClock.adjust("59 minutes")
      const before = yield* recent
      yield* TestClock.adjust("3 minutes")

      assert.strictEqual(before.peak, 5)
      assert.strictEqual((yield* recent).peak, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("rejections, openings and 4xx answers are counted over their windows", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      for (const reason of ["QueueFull", "QueueFull", "DeadlineExceeded", "CircuitOpen"] as const) {
        record({ _tag: "Arrived", caller: "ada" })
        record({ _tag: "Ended", caller: "ada", outcome: "rejected", reason, latency: undefined })
      }
      record({ _tag: "Circuit", state: "open", failures: 5 })
      for (const status of [401, 403, 404, 400, 422, 413]) record({ _tag: "Declined", status })
      yield* TestClock.adjust("1 minute")
      const { invalid, notFound, openings, outOfTime, queueFull, unauthorized } = yield* recent
      yield* TestClock.adjust("61 minutes")
      const later = yield* recent

      assert.deepStrictEqual([queueFull, outOfTime, openings], [2, 1, 1])
      assert.deepStrictEqual([unauthorized, notFound, invalid], [2, 1, 3])
      assert.deepStrictEqual([later.unauthorized, later.notFound, later.invalid], [0, 0, 0])
      assert.deepStrictEqual([later.queueFull, later.outOfTime, later.openings], [0, 0, 0])
    }).pipe(Effect.provide(Stats.layer))
  )
})
