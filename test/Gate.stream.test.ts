import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Gate, Headgate, Rejection, Stats, Timeout } from "../src/index.ts"

const gate = Headgate.make({ requestsPerSecond: Infinity, maxConcurrentRequests: 1, requestTimeout: "5 seconds" })

const snapshot = Effect.flatMap(Stats, (stats) => stats.snapshot)

/** Fails unless the only place is free again. */
const free = Effect.gen(function* () {
  const { queue, requests } = yield* snapshot
  assert.strictEqual(queue.activeRequests, 0)
  assert.strictEqual(requests.inFlight, 0)
  assert.strictEqual(yield* Gate.pass({}, Effect.succeed("free")), "free")
})

const numbers = (from: number, to: number) => Stream.range(from, to).pipe(Stream.rechunk(1))

describe("Gate.stream", () => {
  it.effect("hands every part on in order and gives the place back after the last", () =>
    Effect.gen(function* () {
      const parts = yield* Stream.runCollect(Gate.stream({}, numbers(1, 50)))

      assert.deepStrictEqual(
        parts,
        [...Array(50).keys()].map((n) => n + 1)
      )
      yield* free
      assert.strictEqual((yield* snapshot).requests.succeeded, 2)
    }).pipe(Effect.provide(gate))
  )

  it.effect("a reader that has enough gives the place back", () =>
    Effect.gen(function* () {
      const parts = yield* Gate.stream({}, Stream.concat(numbers(1, 3), Stream.never)).pipe(
        Stream.take(2),
        Stream.runCollect
      )

      assert.deepStrictEqual(parts, [1, 2])
      yield* free
    }).pipe(Effect.provide(gate))
  )

  it.effect("a reader that is interrupted gives the place back and ends the model's work", () =>
    Effect.gen(function* () {
      const released = yield* Deferred.make<void>()
      const model = Stream.concat(numbers(1, 3), Stream.never).pipe(
        Stream.ensuring(Deferred.succeed(released, undefined))
      )
      const reader = yield* Effect.forkChild(Stream.runDrain(Gate.stream({}, model)))
      yield* TestClock.adjust("1 second")

      yield* Fiber.interrupt(reader)

      yield* Deferred.await(released)
      yield* free
    }).pipe(Effect.provide(gate))
  )

  it.effect("a failure half-way comes after the parts before it, and the call is not made again", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      let asked = 0
      const model = Stream.suspend(() => {
        asked++
        return Stream.concat(numbers(1, 3), Stream.fail("broken" as const))
      })

      const exit = yield* Gate.stream({}, model).pipe(
        Stream.runForEach((n) => Effect.sync(() => void seen.push(n))),
        Effect.exit
      )

      assert.deepStrictEqual(seen, [1, 2, 3])
      assert.deepStrictEqual(exit, Exit.fail("broken"))
      assert.strictEqual(asked, 1)
      yield* free
    }).pipe(Effect.provide(gate))
  )

  it.effect("a failure before the first part is retried", () =>
    Effect.gen(function* () {
      let asked = 0
      const model = Stream.suspend(() => (++asked < 3 ? Stream.fail("busy" as const) : numbers(1, 2)))
      const reader = yield* Effect.forkChild(Stream.runCollect(Gate.stream({}, model)))
      yield* TestClock.adjust("30 seconds")

      assert.deepStrictEqual(yield* Fiber.join(reader), [1, 2])
      assert.strictEqual(asked, 3)
    }).pipe(Effect.provide(gate))
  )

  it.effect("a refusal comes before any part, and the model is not asked", () =>
    Effect.gen(function* () {
      let asked = 0
      const model = Stream.suspend(() => {
        asked++
        return numbers(1, 2)
      })

      const error = yield* Effect.flip(Stream.runCollect(Gate.stream({ permits: 9 }, model)))

      assert.instanceOf(error, Rejection)
      assert.strictEqual(error.reason._tag, "NeverAdmissible")
      assert.strictEqual(asked, 0)
    }).pipe(Effect.provide(gate))
  )

  it.effect("the deadline and the timeout bound the first part only", () =>
    Effect.gen(function* () {
      const slow = Stream.concat(numbers(1, 1), Stream.fromEffect(Effect.as(Effect.sleep("1 minute"), 2)))
      const reader = yield* Effect.forkChild(Stream.runCollect(Gate.stream({ deadline: "3 seconds" }, slow)))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* Fiber.join(reader), [1, 2])
    }).pipe(Effect.provide(gate))
  )

  it.effect("a model that sends no first part in time is cut, and the place is free", () =>
    Effect.gen(function* () {
      const reader = yield* Effect.forkChild(
        Effect.flip(Stream.runDrain(Gate.stream({ deadline: "3 seconds" }, Stream.never)))
      )
      yield* TestClock.adjust("3 seconds")

      const error = yield* Fiber.join(reader)
      assert.strictEqual(error.reason.code, "deadline_exceeded")
      yield* free
    }).pipe(Effect.provide(gate))
  )

  const patient = Timeout.layer({ timeout: "5 seconds", idle: "2 seconds" }).pipe(Layer.provide(Gate.layerNoop))

  it.effect("a stream that falls silent ends as a failure when the silence is too long", () =>
    Effect.gen(function* () {
      const model = Stream.concat(numbers(1, 2), Stream.never)
      const reader = yield* Effect.forkChild(Effect.exit(Stream.runDrain(Gate.stream({}, model))))
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(reader.pollUnsafe())

      yield* TestClock.adjust("1 millis")

      const exit = yield* Fiber.join(reader)
      assert.isTrue(Exit.isFailure(exit) && !Cause.hasInterrupts(exit.cause))
      assert.strictEqual((yield* Effect.flip(exit)).reason.code, "upstream_idle_timeout")
    }).pipe(Effect.provide(patient))
  )

  it.effect("a stream that goes on within the silence allowed is left alone", () =>
    Effect.gen(function* () {
      const model = numbers(1, 10).pipe(Stream.mapEffect((n) => Effect.as(Effect.sleep("1900 millis"), n)))
      const reader = yield* Effect.forkChild(Stream.runCollect(Gate.stream({}, model)))
      yield* TestClock.adjust("19 seconds")

      assert.strictEqual((yield* Fiber.join(reader)).length, 10)
    }).pipe(Effect.provide(patient))
  )

  it.effect("a reader that stops reading holds a few parts at most, and the place no longer than a silence", () =>
    Effect.gen(function* () {
      let made = 0
      const model = numbers(1, 1000).pipe(Stream.tap(() => Effect.sync(() => made++)))
      const reader = yield* Effect.forkChild(
        Effect.exit(Stream.runForEach(Gate.stream({}, model), () => Effect.sleep("1 hour")))
      )
      yield* TestClock.adjust("10 seconds")

      assert.isAtMost(made, 5)
      yield* TestClock.adjust("3 hours")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(reader)))
    }).pipe(Effect.provide(patient))
  )

  it.effect("a reader that stalls is not the model's failure, a model that falls silent is", () => {
    const nervous = Headgate.make({
      requestsPerSecond: Infinity,
      streamIdleTimeout: "2 seconds",
      circuitBreaker: { maxFailures: 1 }
    })
    const stalled = Stream.runForEach(Gate.stream({}, numbers(1, 1000)), () => Effect.sleep("1 hour"))
    const silent = Stream.runDrain(Gate.stream({}, Stream.concat(numbers(1, 2), Stream.never)))
    return Effect.gen(function* () {
      yield* Effect.forkChild(Effect.exit(stalled))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* snapshot).circuitBreaker.state, "closed")
      assert.strictEqual((yield* snapshot).queue.activeRequests, 0)

      yield* Effect.forkChild(Effect.exit(silent))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* snapshot).circuitBreaker.state, "open")
    }).pipe(Effect.provide(nervous))
  })

  it.effect("before its first part a stream may be silent for as long as an attempt may take", () =>
    Effect.gen(function* () {
      const model = Stream.fromEffect(Effect.as(Effect.sleep("4 seconds"), "part"))
      const reader = yield* Effect.forkChild(Stream.runCollect(Gate.stream({}, model)))
      yield* TestClock.adjust("4 seconds")

      assert.deepStrictEqual(yield* Fiber.join(reader), ["part"])
    }).pipe(Effect.provide(patient))
  )
})
