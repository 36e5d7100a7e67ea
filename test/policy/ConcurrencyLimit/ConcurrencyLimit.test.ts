import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import type { NeverAdmissible } from "../../../src/Rejection.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import { loads, starts } from "../../support/line.ts"
import { fork, gate, Observer, reasonOf, standing, steps, times } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const options = {}
const wide = (permits: number) => ({ permits })

describe("ConcurrencyLimit", () => {
  it.effect.prop(
    "calls start in the order they came, each at the moment its permits are free",
    { load: loads(4) },
    ({ load }) =>
      Effect.gen(function* () {
        const pass = yield* gate(ConcurrencyLimit.layer({ permits: 4 }))
        const observer = new Observer<number>()
        const started: Array<number> = []
        const origin = yield* Clock.currentTimeMillis
        let arrival = 0

        const calls = yield* Effect.forEach(load, ({ gap, length, permits }, index) => {
          arrival += gap
          const work = Effect.tap(
            Effect.map(Clock.currentTimeMillis, (now) => void (started[index] = now - origin)),
            Effect.sleep(length)
          )
          return Effect.delay(pass(wide(permits), observer.call(index, work, permits)), arrival).pipe(Effect.forkChild)
        })
        yield* TestClock.adjust("10 seconds")
        yield* Effect.forEach(calls, Fiber.join)

        assert.deepStrictEqual(started, starts(load, 4))
        assert.deepStrictEqual(observer.started, [...load.keys()])
        assert.isAtMost(observer.peak, 4)
      }),
    { arbitrary: { runs: runs(100, 3_000), size: 60 } }
  )

  it.effect("S35: permits are held until work that was cut has really ended", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Deadline.layer({ deadline: "20 millis" }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 2 })))
      )
      const observer = new Observer<number>()
      const stubborn = Effect.onInterrupt(Effect.never, () => Effect.sleep("250 millis"))
      const wave = (from: number) =>
        Effect.forEach(times(10), (n) => fork(pass(options, observer.call(from + n, stubborn))))

      const first = yield* wave(0)
      yield* TestClock.adjust("20 millis")
      const second = yield* wave(10)
      yield* TestClock.adjust("249 millis")
      assert.strictEqual(observer.running, 2)
      assert.deepStrictEqual(observer.started, [0, 1])
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(observer.running, 0)

      const third = yield* wave(20)
      yield* TestClock.adjust("270 millis")
      assert.deepStrictEqual(observer.started, [0, 1, 20, 21])
      assert.strictEqual(observer.peak, 2)
      for (const call of [...first, ...second, ...third]) assert.strictEqual(standing(call), "DeadlineExceeded")
    })
  )

  it.effect("S39: a wide call is not overtaken and waits at most for those who run", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 4 }))
      const observer = new Observer()
      for (const end of [10, 20, 30, 40]) yield* fork(pass(options, Effect.sleep(end)))
      yield* fork(pass(wide(4), observer.call("wide", Effect.sleep(5))))
      for (const name of ["a", "b"]) yield* fork(pass(options, observer.call(name, Effect.void)))

      yield* TestClock.adjust(39)
      assert.deepStrictEqual(observer.started, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(observer.started, ["wide"])
      yield* TestClock.adjust(5)
      assert.deepStrictEqual(observer.started, ["wide", "a", "b"])
    })
  )

  it.effect("S40: a call that asks for more permits than there are is refused at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 2 }))

      const call = yield* fork(pass(wide(3), Effect.void))

      const { asked, capacity, limit, retryAfter } = reasonOf(call.pollUnsafe()) as NeverAdmissible
      assert.deepStrictEqual([asked, capacity, limit, retryAfter], [3, 2, "permits", undefined])
      assert.strictEqual(standing(yield* fork(pass(wide(2), Effect.void))), "succeeded")
    })
  )

  it.effect("an interrupted wide waiter lets those behind it go at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 2 }))
      yield* fork(pass(options, Effect.never))
      const waiting = yield* fork(pass(wide(2), Effect.void))
      const narrow = yield* fork(pass(options, Effect.void))
      assert.strictEqual(standing(narrow), "pending")

      yield* Fiber.interrupt(waiting)

      yield* Fiber.join(narrow)
    })
  )

  it.effect("wrong options fail and are named", () =>
    Effect.gen(function* () {
      for (const permits of [0, -1, 1.5, NaN, 100_001, yield* SubscriptionRef.make(0)]) {
        const { _tag, problems } = yield* Effect.flip(gate(ConcurrencyLimit.layer({ permits })))
        assert.deepStrictEqual([_tag, ...problems.map(({ name }) => name)], ["InvalidOptions", "permits"])
      }
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: Infinity }))
      const calls = yield* Effect.forEach(times(100), () => fork(pass(wide(1e9), Effect.never)))
      assert.isTrue(calls.every((call) => standing(call) === "pending"))
    })
  )

  it.effect("without a limit every call starts at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: Infinity }))
      const observer = new Observer<number>()
      const release = yield* Deferred.make<void>()

      const calls = yield* Effect.forEach(times(200), (n) =>
        fork(pass(wide(1e9), observer.call(n, Deferred.await(release))))
      )
      assert.strictEqual(observer.running, 200)
      yield* Deferred.succeed(release, undefined)
      yield* Effect.forEach(calls, Fiber.join)
      yield* steps(2)

      assert.strictEqual(observer.running, 0)
    })
  )
})
