import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { DeadlineExceeded, QueueFull } from "../../../src/Rejection.ts"
import { Gate } from "../../../src/Gate.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { Stats } from "../../../src/Stats.ts"
import { fork, gate, reasonOf, standing, times } from "../../support/gate.ts"

const busy = Effect.fail({ status: 429, retryAfter: Duration.seconds(20) })

/** A queue in front of a model that has just answered 429 with a retryAfter of 20 seconds. */
const coolingDown = Effect.fnUntraced(function* (options: Partial<AdmissionQueue.Options> = {}) {
  const stack = Deadline.layer({ deadline: Infinity }).pipe(
    Layer.provide(AdmissionQueue.layer({ capacity: 2, ...options })),
    // What stands between them passes the cooldown on.
    Layer.provide(CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds" })),
    Layer.provide(RateLimit.layer({ perSecond: 10 })),
    Layer.provide(Gate.layerNoop),
    Layer.provideMerge(Layer.fresh(Stats.layer))
  )
  const context = yield* Layer.build(stack)
  const { pass } = Context.get(context, Gate)
  yield* Effect.exit(pass({}, busy))
  const call = (deadline?: number) => fork(pass({ deadline }, Effect.void))
  const predicted = Effect.map(Context.get(context, Stats).snapshot, ({ queue }) => queue.predictedWaitMs)
  return { call, predicted }
})

const retryAfter = (fiber: Fiber.Fiber<unknown, unknown>) => {
  const { retryAfter } = reasonOf(fiber.pollUnsafe()) as QueueFull | DeadlineExceeded
  return retryAfter && Duration.toMillis(retryAfter)
}

describe("AdmissionQueue, cooldown of the model", () => {
  it.effect("the retryAfter of a full queue is the rest of the cooldown", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown()
      yield* Effect.forEach(times(2), () => call())
      const atOnce = yield* call()
      yield* TestClock.adjust("15 seconds")
      const later = yield* call()

      assert.deepStrictEqual([atOnce, later].map(retryAfter), [20_000, 5_000])
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(standing(yield* call()), "pending")
    })
  )

  it.effect("with no places, a call is told the rest of it", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown({ capacity: 0 })
      yield* TestClock.adjust("15 seconds")

      assert.strictEqual(retryAfter(yield* call()), 5_000)
    })
  )

  it.effect("who cannot wait for its end is refused at once, and let in when it comes as it was told", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown()
      const first = yield* call()
      const hasty = yield* call(10_000)
      const patient = yield* call(21_000)
      yield* Effect.forEach([first, patient], Fiber.interrupt)
      yield* TestClock.adjust(retryAfter(hasty)! + 1)
      const again = yield* call(10_000)
      yield* TestClock.adjust("10 seconds")

      assert.strictEqual(retryAfter(hasty), 10_000)
      assert.deepStrictEqual([patient, again].map(standing), ["interrupted", "succeeded"])
    })
  )

  it.effect("so is the first in the queue, for here it is no guess", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown()
      const hasty = yield* call(8_000)
      const patient = yield* call(21_000)

      assert.deepStrictEqual([hasty, patient].map(standing), ["DeadlineExceeded", "pending"])
      assert.strictEqual(retryAfter(hasty), 12_000)
    })
  )

  it.effect("one whose time is over while it waits for something else is told the rest", () =>
    Effect.gen(function* () {
      const stack = Deadline.layer({ deadline: "8 seconds" }).pipe(
        Layer.provide(AdmissionQueue.layer({ capacity: 2 })),
        Layer.provide(ConcurrencyLimit.layer({ permits: 2 })),
        Layer.provide(RateLimit.layer({ perSecond: Infinity }))
      )
      const pass = yield* gate(stack)
      yield* fork(pass({ deadline: Infinity }, Effect.never))
      yield* fork(pass({}, Effect.delay(busy, "1 second")))
      const wide = yield* fork(pass({ permits: 2 }, Effect.void))
      yield* TestClock.adjust("8 seconds")

      assert.strictEqual(standing(wide), "DeadlineExceeded")
      assert.strictEqual(retryAfter(wide), 13_000)
    })
  )

  it.effect("one that has waited as long as it may is told the rest", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown({ maxWait: "8 seconds" })
      const first = yield* call()
      yield* TestClock.adjust("8 seconds")

      assert.strictEqual(retryAfter(first), 12_000)
    })
  )

  it.effect("the predicted wait is not shorter than the rest of it", () =>
    Effect.gen(function* () {
      const { call, predicted } = yield* coolingDown()
      const empty = yield* predicted
      yield* call()
      yield* TestClock.adjust("15 seconds")
      const one = yield* predicted
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual([empty, one, yield* predicted], [20_000, 5_000, 0])
    })
  )

  it.effect("it says nothing of the pace: afterwards calls are let in as before", () =>
    Effect.gen(function* () {
      const { call, predicted } = yield* coolingDown({ capacity: 20 })
      const waiting = yield* Effect.forEach(times(10), () => call())
      yield* TestClock.adjust("20 seconds")
      const behind = yield* call(2_000)
      yield* TestClock.adjust("500 millis")

      assert.strictEqual(standing(behind), "pending")
      assert.isAtMost((yield* predicted) ?? Infinity, 1_000)
      yield* Effect.forEach([...waiting, behind], Fiber.interrupt)
    })
  )

  it.effect("nor does the one who leaves the door in it", () =>
    Effect.gen(function* () {
      const { call } = yield* coolingDown({ capacity: 20 })
      const first = yield* call()
      yield* call()
      yield* TestClock.adjust("15 seconds")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      yield* Effect.forEach(times(5), () => call())
      const behind = yield* call(2_000)

      assert.strictEqual(standing(behind), "pending")
    })
  )

  it.effect("a policy of one's own passes it on, and may tell of one", () =>
    Effect.gen(function* () {
      const own = Gate.wrap((pass) => Effect.succeed({ pass, cooldownUntil: () => 3_000 }))
      const above = Gate.wrap(Effect.succeed)
      const layers = above.pipe(Layer.provide(own), Layer.provide(Gate.layerNoop))
      const gate = Context.get(yield* Layer.build(layers), Gate)

      assert.strictEqual(gate.cooldownUntil?.(), 3_000)
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(gate.pass({}, Effect.void))))
    })
  )
})
