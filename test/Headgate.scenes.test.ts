import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import { Stats } from "../src/Stats.ts"
import * as Headgate from "../src/Headgate.ts"
import { check, Law, Observer, outcome, rejection, Scenario, type Work } from "../src/testing.ts"
import { guaranteesOf } from "./support/stacks.ts"

const answers: Work = () => Effect.as(Effect.sleep("2 seconds"), "answer")
const fails: Work = (attempt) => Effect.fail({ status: 500, attempt })

/** Makes calls at once, each of a caller of its own. */
const submit = Effect.fnUntraced(function* (observer: Observer, count: number, work: Work) {
  const { pass } = yield* Gate
  for (let i = 0; i < count; i++) {
    const options = { caller: `caller ${observer.calls.length}` }
    yield* Effect.forkChild(observer.pass(pass, options, work), { startImmediately: true })
  }
})

const ends = (observer: Observer) => observer.calls.map((call) => rejection(call)?._tag ?? outcome(call))

describe("The default stack at work", () => {
  it.effect("S01: of 60 calls at once none waits for nothing, and the figures add up throughout", () =>
    check(Law.all, Headgate.make({ maxRetries: 0 }), {
      ...guaranteesOf({ maxRetries: 0 }),
      replay: {
        calls: Array.from({ length: 60 }, (_, caller) => ({ ...Scenario.plain, caller, duration: 2000 })),
        yieldEvery: Scenario.defaultYieldEvery,
        seed: 1
      }
    })
  )

  it.effect("S01: of 60 calls at once one starts, 50 wait and 9 are refused; the 51 start in order and end", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const observer = yield* Observer.make
      yield* submit(observer, 60, answers)

      assert.deepStrictEqual(ends(observer).filter((end) => end === "QueueFull").length, 9)
      assert.strictEqual(observer.running.length, 1)
      assert.strictEqual(observer.waiting.length, 50)
      yield* TestClock.adjust("1 minute")

      const { requests } = yield* stats.snapshot
      assert.deepStrictEqual([requests.succeeded, requests.rejections.QueueFull], [51, 9])
      assert.strictEqual(observer.peak, 3)
      // Three start half a second apart; then each waits for a permit, which are given back as they were taken.
      const starts = Array.from({ length: 51 }, (_, i) => 2000 * Math.floor(i / 3) + 500 * (i % 3))
      assert.deepStrictEqual(
        observer.calls.flatMap((call) => call.starts.map((start) => Math.round(start))),
        starts
      )
    }).pipe(Effect.provide(Headgate.make()))
  )

  it.effect("S62: when it opens, 50 waiters are refused in that tick, told how long, and have spent no token", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const observer = yield* Observer.make
      yield* submit(observer, 1, (attempt) => Effect.andThen(Effect.sleep("500 millis"), fails(attempt)))
      yield* submit(observer, 50, answers)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(observer.waiting.length, 50)

      yield* TestClock.adjust("1 millis")
      const told = observer.calls.map((call) => rejection(call)?.retryAfter).filter((after) => after !== undefined)
      assert.deepStrictEqual(ends(observer), ["failed", ...Array.from({ length: 50 }, () => "CircuitOpen" as const)])
      assert.strictEqual(
        new Set(observer.log.entries.filter(({ what }) => what.startsWith("ends")).map(({ at }) => at)).size,
        1
      )
      assert.deepStrictEqual(
        told.map(Duration.toMillis),
        Array.from({ length: 50 }, () => 100)
      )
      assert.strictEqual((yield* stats.snapshot).circuitBreaker.retryAfterMs, 100)

      yield* TestClock.adjust("100 millis")
      yield* submit(observer, 1, answers)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(outcome(observer.calls.at(-1)!), "succeeded")
      assert.strictEqual(observer.starts[1]! - observer.starts[0]!, 2000)
    }).pipe(
      Effect.provide(
        Headgate.make({ maxRetries: 0, requestsPerSecond: 0.5, circuitBreaker: { maxFailures: 1, timeout: 100 } })
      )
    )
  )

  it.effect("five failures open the circuit, which refuses until its time is over, then lets one probe through", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const observer = yield* Observer.make
      const state = Effect.map(stats.snapshot, ({ circuitBreaker }) => circuitBreaker.state)
      yield* submit(observer, 1, (attempt) => Effect.andThen(Effect.sleep("2200 millis"), fails(attempt)))
      for (let i = 0; i < 4; i++) {
        yield* TestClock.adjust("500 millis")
        yield* submit(observer, 1, fails)
      }
      assert.strictEqual(yield* state, "closed")
      yield* submit(observer, 1, fails)
      assert.strictEqual(observer.waiting.length, 1)

      yield* TestClock.adjust("200 millis")
      assert.strictEqual(yield* state, "open")
      assert.deepStrictEqual(ends(observer), ["failed", "failed", "failed", "failed", "failed", "CircuitOpen"])
      assert.strictEqual(observer.log.entries.at(-1)?.at, observer.log.entries.at(-2)?.at)
      yield* submit(observer, 1, answers)
      assert.strictEqual(rejection(observer.calls.at(-1)!)?._tag, "CircuitOpen")
      yield* TestClock.adjust("29999 millis")
      yield* submit(observer, 1, answers)
      assert.strictEqual(rejection(observer.calls.at(-1)!)?._tag, "CircuitOpen")
      assert.strictEqual(observer.starts.length, 5)

      yield* TestClock.adjust("1 millis")
      yield* submit(observer, 10, answers)
      assert.strictEqual(yield* state, "half-open")
      assert.strictEqual(observer.running.length, 1)
      assert.strictEqual(
        ends(observer)
          .slice(-9)
          .every((end) => end === "CircuitOpen"),
        true
      )
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* state, "closed")
      assert.strictEqual(observer.starts.length, 6)
    }).pipe(Effect.provide(Headgate.make({ maxRetries: 0 })))
  )

  it.effect("with retries the fifth failed attempt opens it, and each call ends with the model's last failure", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const observer = yield* Observer.make
      yield* submit(observer, 3, fails)
      while (observer.starts.length < 5) {
        assert.strictEqual((yield* stats.snapshot).circuitBreaker.isOpen, false)
        yield* TestClock.adjust("100 millis")
      }
      assert.strictEqual((yield* stats.snapshot).circuitBreaker.isOpen, true)
      yield* TestClock.adjust("20 seconds")

      assert.strictEqual(observer.starts.length, 5)
      assert.deepStrictEqual(ends(observer), ["failed", "failed", "failed"])
      for (const { exit, modelExit } of observer.calls) assert.deepStrictEqual(exit, modelExit)
    }).pipe(Effect.provide(Headgate.make()))
  )

  it.effect(
    "deadlines that pass while a model is slow leave the circuit closed, and timeouts of attempts open it",
    () =>
      Effect.gen(function* () {
        const { pass } = yield* Gate
        const stats = yield* Stats
        const hang = (deadline: Duration.Input) => Effect.exit(pass({ deadline }, Effect.never))
        const states: Array<string> = []
        for (const deadline of ["20 seconds", "1 minute"] as const) {
          yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(hang(deadline)))
          yield* TestClock.adjust("40 seconds")
          states.push((yield* stats.snapshot).circuitBreaker.state)
        }

        assert.deepStrictEqual(states, ["closed", "open"])
      }).pipe(
        Effect.provide(
          Headgate.make({
            maxRetries: 0,
            requestsPerSecond: Infinity,
            requestTimeout: "30 seconds",
            circuitBreaker: { maxFailures: 3, timeout: "30 seconds" }
          })
        )
      )
  )
})
