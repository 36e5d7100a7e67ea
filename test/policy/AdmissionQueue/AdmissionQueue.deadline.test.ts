import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { DeadlineExceeded, QueueFull } from "../../../src/Rejection.ts"
import type { Pass } from "../../../src/Call.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, Observer, promised, reasonOf, standing, steps, times } from "../../support/gate.ts"

const queue = (capacity = 1_000) =>
  gate(
    promised.pipe(
      Layer.provide(AdmissionQueue.layer({ capacity })),
      Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
    )
  )

const second = Effect.sleep("1 second")

/** A queue in which every call took a second, one runs and ten wait. */
const tenWaiting = Effect.fnUntraced(function* (pass: Pass) {
  yield* Effect.forEach(times(12), () => fork(pass({}, second)))
  yield* TestClock.adjust("1 second")
})

/** Sends a call that is to be over within so many milliseconds; no policy here ends it then. */
const send = (pass: Pass, millis: number, work: Effect.Effect<void> = second) => fork(pass({ deadline: millis }, work))

describe("AdmissionQueue, deadlines", () => {
  it.effect("S15: a call that cannot meet its deadline is refused at once, one that can is not", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* tenWaiting(pass)

      const hasty = yield* send(pass, 3_000)
      const patient = yield* send(pass, 15_000)

      const { limit, retryAfter, started } = reasonOf(hasty.pollUnsafe()) as DeadlineExceeded
      assert.deepStrictEqual([limit, started], ["call", false])
      assert.isAtLeast(Duration.toMillis(retryAfter!), 7_000)
      assert.isAtMost(Duration.toMillis(retryAfter!), 11_000)
      assert.strictEqual(standing(patient), "pending")
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(standing(patient), "succeeded")
    })
  )

  it.effect(
    "a lone caller that comes back after retryAfter is let in and meets its deadline; sooner it is refused",
    () =>
      Effect.gen(function* () {
        const pass = yield* queue()
        yield* tenWaiting(pass)
        const refused = yield* send(pass, 3_000)
        const millis = Duration.toMillis((reasonOf(refused.pollUnsafe()) as DeadlineExceeded).retryAfter!)

        yield* TestClock.adjust(millis - 1_001)
        assert.strictEqual(standing(yield* send(pass, 3_000)), "DeadlineExceeded")
        yield* TestClock.adjust(1_001)
        const again = yield* send(pass, 3_000)

        assert.strictEqual(standing(again), "pending")
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(standing(again), "succeeded")
      })
  )

  it.effect("the retryAfter of a full queue is when a place is free", () =>
    Effect.gen(function* () {
      const pass = yield* queue(10)
      yield* Effect.forEach(times(11), () => fork(pass({}, second)))
      yield* TestClock.adjust("1 second")
      yield* fork(pass({}, second))
      yield* TestClock.adjust("300 millis")

      const refused = yield* fork(pass({}, second))

      const { retryAfter } = reasonOf(refused.pollUnsafe()) as QueueFull
      assert.closeTo(Duration.toMillis(retryAfter!), 700, 1e-6)
      yield* TestClock.adjust(699)
      assert.strictEqual(standing(yield* fork(pass({}, second))), "QueueFull")
      yield* TestClock.adjust(1)
      assert.strictEqual(standing(yield* fork(pass({}, second))), "pending")
    })
  )

  it.effect("a call that was let in is not refused for a prediction, however late it has become", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const observer = new Observer()
      yield* tenWaiting(pass)
      yield* TestClock.adjust("9 seconds")
      yield* fork(pass({}, Effect.sleep("5 seconds")))
      yield* fork(pass({}, observer.call("patient", second)))
      const hasty = yield* send(pass, 5_500, observer.call("hasty", second))
      assert.strictEqual(standing(hasty), "pending")

      yield* TestClock.adjust("8 seconds")

      assert.strictEqual(standing(hasty), "pending")
      assert.deepStrictEqual(observer.started, ["patient", "hasty"])
    })
  )

  it.effect("a call that finds the queue empty is never refused by prediction", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* Effect.forEach(times(4), () => fork(pass({}, Effect.sleep("100 seconds"))))
      yield* TestClock.adjust("400 seconds")

      const atOnce = yield* send(pass, 10)
      const atTheDoor = yield* send(pass, 10)
      const behind = yield* send(pass, 10)

      assert.deepStrictEqual([atOnce, atTheDoor, behind].map(standing), ["pending", "pending", "DeadlineExceeded"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual([atOnce, atTheDoor].map(standing), ["succeeded", "succeeded"])
    })
  )

  it.effect("the refusal counts those who moved up to the newcomer's level meanwhile", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* tenWaiting(pass)
      yield* TestClock.adjust("10 seconds")
      yield* fork(pass({}, Effect.sleep("11 seconds")))
      yield* fork(pass({}, second))
      for (const _ of times(20)) yield* fork(pass({ priority: 2 }, second))
      const early = yield* fork(pass({ deadline: 15_000, priority: 1 }, second))
      yield* TestClock.adjust("10 seconds")

      const late = yield* fork(pass({ deadline: 15_000, priority: 1 }, second))

      assert.deepStrictEqual([early, late].map(standing), ["pending", "DeadlineExceeded"])
    })
  )

  it.effect("an estimate that got too high recovers, although every call has a deadline", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* Effect.forEach(times(10), () => fork(pass({}, Effect.sleep("100 seconds"))))
      yield* TestClock.adjust("1000 seconds")

      let refused = 0
      for (const round of times(400)) {
        const calls = yield* Effect.forEach(times(3), () => send(pass, 20_000))
        yield* steps(5)
        if (round >= 300) refused += calls.filter((call) => standing(call) === "DeadlineExceeded").length
        yield* TestClock.adjust("3 seconds")
      }

      assert.strictEqual(refused, 0)
    })
  )

  it.effect("calls that give up at the head of the queue teach the estimate how long nothing started", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* tenWaiting(pass)
      yield* TestClock.adjust("11 seconds")
      yield* fork(pass({}, Effect.never))

      for (const _ of times(20)) {
        const head = yield* fork(pass({}, second))
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.interrupt(head)
      }
      yield* fork(pass({}, second))

      assert.strictEqual(standing(yield* send(pass, 8_000)), "DeadlineExceeded")
    })
  )

  it.effect("calls that were cut short teach that others take at least as long", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const left = yield* fork(pass({}, Effect.never))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(left)
      yield* fork(pass({}, Effect.never))
      yield* fork(pass({}, Effect.never))

      assert.strictEqual(standing(yield* send(pass, 9_000)), "DeadlineExceeded")
      assert.strictEqual(standing(yield* send(pass, 11_000)), "pending")
    })
  )

  it.effect("a stall that is over teaches nothing: later calls are let in", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const stalled = yield* Effect.forEach(times(10), () => fork(pass({}, Effect.never)))
      yield* TestClock.adjust("2 seconds")
      yield* Effect.forEach(stalled, Fiber.interrupt)

      const brief = Effect.sleep("20 millis")
      const calls = yield* Effect.forEach(times(50), () => send(pass, 5_000, brief))
      yield* TestClock.adjust("1 second")

      for (const call of calls) assert.strictEqual(standing(call), "succeeded")
    })
  )

  it.effect("while it lasts, a call is not let in that could not outwait it", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* fork(pass({}, Effect.never))
      const head = yield* fork(pass({}, second))
      yield* TestClock.adjust("10 seconds")

      const hasty = yield* send(pass, 9_000)
      const patient = yield* send(pass, 11_000)
      yield* Fiber.interrupt(head)

      assert.strictEqual(standing(hasty), "DeadlineExceeded")
      assert.strictEqual(standing(patient), "pending")
      assert.strictEqual(standing(yield* send(pass, 9_000)), "DeadlineExceeded")
    })
  )

  it.effect("the next start ends it", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      yield* tenWaiting(pass)
      yield* TestClock.adjust("11 seconds")
      const holder = yield* fork(pass({}, Effect.never))
      const head = yield* fork(pass({}, second))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(head)
      yield* Fiber.interrupt(holder)
      yield* fork(pass({}, second))
      yield* fork(pass({}, second))

      assert.strictEqual(standing(yield* send(pass, 9_000)), "pending")
    })
  )

  it.effect("the waiting time of a call that gave up is added to the sample of the next start", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        promised.pipe(
          Layer.provide(AdmissionQueue.layer({ capacity: 10 })),
          Layer.provide(RateLimit.layer({ perSecond: 0.1 }))
        )
      )
      yield* pass({}, Effect.void)
      const head = yield* fork(pass({}, Effect.void))
      yield* fork(pass({}, Effect.void))
      yield* TestClock.adjust("6 seconds")
      yield* Fiber.interrupt(head)
      yield* TestClock.adjust("4 seconds")
      yield* fork(pass({}, Effect.void))

      assert.strictEqual(standing(yield* send(pass, 15_000)), "DeadlineExceeded")
      assert.strictEqual(standing(yield* send(pass, 25_000)), "pending")
    })
  )
})
