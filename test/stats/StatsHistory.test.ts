import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { after, History } from "../../src/stats/History.ts"
import { Stats } from "../../src/Stats.ts"
import { calls } from "../support/calls.ts"

const history = Effect.flatMap(Stats, (stats) => stats.history)

const sum = (column: ReadonlyArray<number>) => column.reduce((total, value) => total + value, 0)

describe("Stats.history", () => {
  it.effect("a second is a point once it has ended", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* TestClock.adjust("250 millis")
      calls(record, 3, "succeeded")
      calls(record, 1, "failed")
      yield* TestClock.adjust("749 millis")
      assert.deepStrictEqual((yield* history).time, [])
      yield* TestClock.adjust("1 millis")
      record({ _tag: "Tokens", prompt: 5, completion: 2, saved: 0 })
      yield* TestClock.adjust("1 second")

      const { arrivals, circuit, failed, latencyP50, starts, succeeded, time, tokens } = yield* history
      assert.deepStrictEqual(time, [1000, 2000])
      assert.deepStrictEqual(
        [arrivals, starts],
        [
          [4, 0],
          [4, 0]
        ]
      )
      assert.deepStrictEqual(
        [succeeded, failed, tokens],
        [
          [3, 0],
          [1, 0],
          [0, 7]
        ]
      )
      assert.deepStrictEqual(latencyP50, [0, null])
      assert.deepStrictEqual(circuit, ["closed", "closed"])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("queue size, fill and active requests are time-weighted", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      record({ _tag: "Waiting", size: 10, capacity: 20 })
      record({ _tag: "Started", wait: 0 })
      yield* TestClock.adjust("500 millis")
      record({ _tag: "Waiting", size: 20, capacity: 20 })
      yield* TestClock.adjust("750 millis")
      record({ _tag: "Stopped" })
      yield* TestClock.adjust("1750 millis")

      const { activeRequests, fill, queueSize } = yield* history
      assert.deepStrictEqual(queueSize, [15, 20, 20])
      assert.deepStrictEqual(fill, [0.75, 1, 1])
      assert.deepStrictEqual(activeRequests, [1, 0.25, 0])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("latency percentiles cover the interval, by the second and by the minute", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const answered = (latency: number) =>
        record({ _tag: "Ended", caller: "ada", outcome: "succeeded", reason: undefined, latency })
      for (let call = 1; call <= 100; call++) answered(call)
      yield* TestClock.adjust("1 second")
      answered(5_000)
      yield* TestClock.adjust("20 minutes")

      const { latencyP50, latencyP95, time } = yield* history
      assert.deepStrictEqual(time.slice(0, 2), [60_000, 120_000])
      assert.closeTo(latencyP50[0]!, 51, 1)
      assert.closeTo(latencyP95[0]!, 96, 1)
      assert.deepStrictEqual([latencyP50[1], latencyP95[1]], [null, null])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a second covers its own latencies only", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      for (const latency of [100, 200, 300]) {
        record({ _tag: "Ended", caller: "ada", outcome: "succeeded", reason: undefined, latency })
        yield* TestClock.adjust("1 second")
      }

      const { latencyP50, latencyP95 } = yield* history
      for (const column of [latencyP50, latencyP95]) {
        for (const [index, value] of column.entries()) assert.closeTo(value!, (index + 1) * 100, index + 1)
      }
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("circuit is the worst state in the interval", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* TestClock.adjust("1500 millis")
      record({ _tag: "Circuit", state: "open", failures: 5 })
      yield* TestClock.adjust("100 millis")
      record({ _tag: "Circuit", state: "half-open", failures: 5 })
      yield* TestClock.adjust("500 millis")
      record({ _tag: "Circuit", state: "closed", failures: 0 })
      yield* TestClock.adjust("2 seconds")

      assert.deepStrictEqual((yield* history).circuit, ["closed", "open", "half-open", "closed"])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("an hour has no gap: minutes, then ten to eleven minutes of seconds", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      for (let second = 0; second < 2 * 3600 + 90; second += 10) {
        calls(record, 20, "succeeded")
        yield* TestClock.adjust("10 seconds")
      }

      const { arrivals, time } = yield* history
      const steps = time.map((end, index) => end - (index === 0 ? end - 60_000 : time[index - 1]!))
      assert.strictEqual(time.at(-1), 7_290_000)
      assert.deepStrictEqual(steps, [...Array(49).fill(60_000), ...Array(630).fill(1_000)])
      assert.isTrue(arrivals.slice(0, 49).every((perSecond) => perSecond === 2))
      assert.strictEqual(sum(arrivals.slice(49)), 2 * 630)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a long idle time costs no more than the points it fills, which are empty", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      record({ _tag: "Waiting", size: 3, capacity: 6 })
      calls(record, 60, "succeeded")
      yield* TestClock.adjust("1000 hours")
      calls(record, 1, "succeeded")

      const { arrivals, queueSize, time } = yield* history
      assert.strictEqual(time.length, 50 + 600)
      assert.strictEqual(sum(arrivals), 0)
      assert.isTrue(queueSize.every((size) => size === 3))
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("reading changes nothing", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* TestClock.adjust("1 second")
      const before = yield* history
      calls(record, 2, "rejected")
      assert.deepStrictEqual(yield* history, before)
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual((yield* history).rejected, [0, 2])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("after returns the points that ended later than a moment", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("5 seconds")
      const all = yield* history

      assert.deepStrictEqual(after(all, 3_000).time, [4_000, 5_000])
      assert.deepStrictEqual(after(all, 5_000).queueSize, [])
      assert.deepStrictEqual(after(all, -1), all)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("is the same after encoding to JSON and decoding, and the JSON is small", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      for (let second = 0; second < 3600; second++) {
        record({ _tag: "Waiting", size: second % 50, capacity: 50 })
        calls(record, 2, "succeeded")
        yield* TestClock.adjust("1 second")
      }
      const Json = Schema.fromJsonString(History)
      const all = yield* history
      const json = yield* Schema.encodeEffect(Json)(all)

      assert.deepStrictEqual(yield* Schema.decodeEffect(Json)(json), all)
      assert.isBelow(json.length, 64_000)
    }).pipe(Effect.provide(Stats.layer))
  )
})
