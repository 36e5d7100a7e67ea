import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Stream, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import type { Pass } from "../../../src/Call.ts"
import { Gate } from "../../../src/Gate.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import type { CircuitOpen } from "../../../src/Rejection.ts"
import { type Event } from "../../../src/stats/Event.ts"
import { Stats } from "../../../src/Stats.ts"
import { fork, gate, reasonOf, standing, steps, times } from "../../support/gate.ts"

const fail = Effect.fail({ status: 500 })
const breaker = (options: Partial<CircuitBreaker.Options> = {}) =>
  gate(CircuitBreaker.layer({ maxFailures: Infinity, openDuration: "30 seconds", ...options }))

const calls = (pass: Pass, count: number, call: Effect.Effect<unknown, unknown>) =>
  Effect.forEach(times(count), () => Effect.exit(pass({}, call)), { discard: true })

const isOpen = (pass: Pass) =>
  Effect.map(Effect.exit(pass({}, Effect.void)), (exit) => reasonOf(exit)?._tag === "CircuitOpen")

/** Whether an attempt would be admitted, without one. */
const assertOpen = Effect.fnUntraced(function* (pass: Pass, open: boolean) {
  assert.strictEqual(yield* isOpen(pass), open)
})

describe("CircuitBreaker, rates", () => {
  it.effect("S45: four failures and a fifth 31 s later leave it closed, within 30 s they open it", () =>
    Effect.gen(function* () {
      for (const [gap, open] of [
        [31_000, false],
        [29_999, true]
      ] as const) {
        const pass = yield* breaker({ maxFailures: 5, within: "30 seconds" })
        yield* calls(pass, 4, fail)
        yield* calls(pass, 3, Effect.void)
        yield* TestClock.adjust(gap)
        yield* calls(pass, 1, fail)

        yield* assertOpen(pass, open)
      }
    })
  )

  it.effect("S46: a rate counts once there are enough calls", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ failureRate: 0.5, minimumCalls: 10 })
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, false)
      yield* calls(pass, 7, fail)
      yield* assertOpen(pass, false)
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, true)
    })
  )

  it.effect("a success that brings the calls to their minimum opens nothing", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ failureRate: 0.5, minimumCalls: 5 })
      yield* calls(pass, 4, fail)
      yield* calls(pass, 3, Effect.void)
      yield* assertOpen(pass, false)
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, true)
    })
  )

  it.effect("successes keep the rate down, and leave the window with time", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ failureRate: 0.5, minimumCalls: 10, window: "1 minute" })
      yield* calls(pass, 30, Effect.void)
      yield* TestClock.adjust("30 seconds")
      yield* calls(pass, 29, fail)
      yield* assertOpen(pass, false)

      yield* TestClock.adjust("31 seconds")
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, true)
    })
  )

  it.effect("S57: the rate is that of completed attempts, whatever is in flight", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ failureRate: 0.5, minimumCalls: 15 })
      for (const _ of times(20)) yield* fork(pass({}, Effect.never))
      yield* calls(pass, 14, fail)
      yield* TestClock.adjust("20 seconds")
      yield* calls(pass, 1, fail)

      yield* assertOpen(pass, true)
    })
  )

  it.effect("S60: attempts that are slow while they run open it, at that moment", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ slowCallRate: 0.5, slowCallDuration: "2 seconds", minimumCalls: 20 })
      for (const _ of times(10)) yield* fork(pass({}, Effect.sleep("1 minute")))
      yield* calls(pass, 10, Effect.void)

      const stats = yield* Stats
      const state = Effect.map(stats.snapshot, ({ circuitBreaker }) => circuitBreaker.state)
      yield* TestClock.adjust(1999)
      assert.strictEqual(yield* state, "closed")
      yield* TestClock.adjust(1)
      assert.strictEqual(yield* state, "open")
      const refused = reasonOf(yield* Effect.exit(pass({}, Effect.void))) as CircuitOpen

      assert.strictEqual(Duration.toMillis(refused.retryAfter!), 30_000)
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  it.effect("S62: when it opens for slow attempts, the call that waits beneath is refused in the same tick", () =>
    Effect.gen(function* () {
      const policy = CircuitBreaker.layer({
        maxFailures: Infinity,
        openDuration: "30 seconds",
        slowCallRate: 1,
        slowCallDuration: "2 seconds",
        minimumCalls: 2
      })
      const pass = yield* gate(Layer.provide(policy, ConcurrencyLimit.layer({ permits: 2 })))
      yield* fork(pass({}, Effect.never))
      yield* fork(pass({}, Effect.never))
      const waiting = yield* fork(pass({}, Effect.void))

      yield* TestClock.adjust("2 seconds")

      assert.strictEqual(standing(waiting), "CircuitOpen")
    })
  )

  it.effect("a stream is as slow as its first chunk, and a slow attempt counts though its caller leaves", () =>
    Effect.gen(function* () {
      const slow = CircuitBreaker.layer({
        maxFailures: Infinity,
        openDuration: "30 seconds",
        slowCallRate: 0.5,
        slowCallDuration: "2 seconds",
        minimumCalls: 2
      })
      const program = Effect.gen(function* () {
        const prompt = Stream.concat(Stream.make("a"), Stream.fromEffect(Effect.as(Effect.sleep("1 minute"), "b")))
        for (const _ of times(3)) yield* fork(Stream.runDrain(Gate.stream({}, prompt)))
        yield* TestClock.adjust("10 seconds")
        const { pass } = yield* Gate
        yield* assertOpen(pass, false)

        for (const _ of times(2)) {
          const left = yield* fork(pass({}, Effect.never))
          yield* TestClock.adjust("3 seconds")
          yield* Fiber.interrupt(left)
        }
        yield* assertOpen(pass, false)
        for (const _ of times(3)) yield* fork(pass({}, Effect.never))
        yield* TestClock.adjust("2 seconds")
        yield* assertOpen(pass, true)
      })
      yield* Effect.provide(program, Layer.provide(slow, Gate.layerNoop))
    })
  )

  it.effect("a probe that is slow has failed, where slow attempts open the circuit", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ slowCallRate: 1, slowCallDuration: "2 seconds", minimumCalls: 1 })
      yield* fork(pass({}, Effect.never))
      yield* TestClock.adjust("32 seconds")
      const probe = yield* fork(pass({}, Effect.sleep("5 seconds")))

      yield* TestClock.adjust("2 seconds")
      yield* assertOpen(pass, true)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(standing(probe), "succeeded")
      yield* assertOpen(pass, false)
    })
  )

  it.effect("S61: the retry-after of the failure that opens it lengthens the open time, an hour at most", () =>
    Effect.gen(function* () {
      for (const [asked, waits] of [
        ["7 seconds", 7000],
        ["1 millis", 1000],
        ["2 days", 3_600_000]
      ] as const) {
        const pass = yield* breaker({ maxFailures: 1, openDuration: "1 second" })
        yield* calls(pass, 1, Effect.fail({ status: 503, retryAfter: Duration.fromInputUnsafe(asked) }))

        const refused = reasonOf(yield* Effect.exit(pass({}, Effect.void))) as CircuitOpen
        assert.strictEqual(Duration.toMillis(refused.retryAfter!), waits)
      }
    })
  )

  it.effect("S64: thresholds in a SubscriptionRef hold at once, and the window stays", () =>
    Effect.gen(function* () {
      const maxFailures = yield* SubscriptionRef.make(5)
      const failureRate = yield* SubscriptionRef.make(Infinity)
      const openDuration = yield* SubscriptionRef.make<Duration.Input>("30 seconds")
      const pass = yield* breaker({ maxFailures, failureRate, openDuration, minimumCalls: 4 })
      yield* calls(pass, 3, fail)
      yield* SubscriptionRef.set(openDuration, "1 second")
      yield* SubscriptionRef.set(maxFailures, 4)
      yield* steps(5)
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, true)

      yield* TestClock.adjust("1 second")
      yield* SubscriptionRef.set(maxFailures, 100)
      yield* steps(5)
      yield* assertOpen(pass, false)
      yield* calls(pass, 4, fail)
      yield* SubscriptionRef.set(failureRate, 0.7)
      yield* steps(5)
      yield* assertOpen(pass, true)
    })
  )

  it.effect("S63: a control isolates breakers until each scope has closed, and closes them", () =>
    Effect.gen(function* () {
      const control = yield* CircuitBreaker.Control.make
      const events: Array<string> = []
      const stats = yield* Stats
      stats.onEvent((event: Event) => {
        if (event._tag === "Circuit") events.push(event.state + (event.cause === undefined ? "" : `: ${event.cause}`))
      })
      const pass = yield* breaker({ maxFailures: 3, control })
      const probing = Effect.andThen(assertOpen(pass, true), Effect.void)
      yield* calls(pass, 2, fail)

      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* control.isolate
          yield* Effect.scoped(Effect.andThen(control.isolate, probing))
          yield* probing
          const later = yield* breaker({ maxFailures: 3, control })
          yield* assertOpen(later, true)
        })
      )
      yield* calls(pass, 1, fail)
      yield* assertOpen(pass, true)
      yield* control.close
      yield* assertOpen(pass, false)

      assert.deepStrictEqual(events, [
        "closed",
        "closed",
        "open: isolated",
        "open: isolated",
        "closed",
        "open: failures",
        "closed"
      ])
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )
})
