import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import type { RateLimited } from "../../../src/Rejection.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import { moment, recorder, wrongOptions } from "../../support/policies.ts"
import { fork, gate, reasonOf } from "../../support/gate.ts"

const options = {}

/** Most starts in any half-open window of so many milliseconds. */
const fullest = (starts: ReadonlyArray<number>, window: number) =>
  Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + window - 1e-6).length))

/** Sends the calls at once and returns when they started within a time. */
const startsOf = Effect.fnUntraced(function* (options: RateLimit.Options, calls: number, time: number) {
  const pass = yield* gate(RateLimit.layer(options))
  const { seen, watch } = recorder()
  for (let call = 0; call < calls; call++) yield* fork(pass({}, watch(Effect.void)))
  yield* TestClock.adjust(time)
  return seen.starts
})

const near = (starts: ReadonlyArray<number>, expected: ReadonlyArray<number>) => {
  assert.strictEqual(starts.length, expected.length, `starts ${starts.join()}`)
  starts.forEach((at, i) => assert.closeTo(at, expected[i]!, 0.01))
}

describe("RateLimit", () => {
  it.effect("S19: burst 2 at 2/s makes 120 starts a minute and at most 3 in any second", () =>
    Effect.gen(function* () {
      const starts = yield* startsOf({ perSecond: 2, burst: 2 }, 150, 60_000)

      assert.closeTo(starts.length, 120, 2)
      assert.strictEqual(fullest(starts, 1000), 3)
    })
  )

  it.effect("S19: burst 1 at 2/s makes at most 2 starts in any second", () =>
    Effect.gen(function* () {
      const starts = yield* startsOf({ perSecond: 2 }, 150, 60_000)

      assert.closeTo(starts.length, 120, 2)
      assert.strictEqual(fullest(starts, 1000), 2)
    })
  )

  for (const { burst, most } of [
    { burst: 1, most: 10 },
    { burst: 2, most: 11 }
  ]) {
    it.effect(`S20: at 10/s with burst ${burst} the fullest second holds ${most} starts`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(RateLimit.layer({ perSecond: 10, burst }))
        const { seen, watch } = recorder()

        yield* fork(pass(options, watch(Effect.void)))
        yield* TestClock.adjust(850)
        for (let call = 0; call < 30; call++) yield* fork(pass(options, watch(Effect.void)))
        yield* TestClock.adjust(5000)

        assert.strictEqual(seen.starts.length, 31)
        assert.strictEqual(fullest(seen.starts, 1000), most)
      })
    )
  }

  it.effect("S21: after a quiet second one starts at once, then one each 100 ms", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 10 }))
      const { seen, watch } = recorder()
      yield* pass(options, Effect.void)
      yield* TestClock.adjust(1000)

      for (let call = 0; call < 4; call++) yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(1000)

      near(seen.starts, [1000, 1100, 1200, 1300])
    })
  )

  it.effect("S22: after an idle hour the burst starts at once and the next after one interval", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 4, burst: 5 }))
      const { seen, watch } = recorder()
      yield* pass(options, Effect.void)
      yield* TestClock.adjust("1 hour")

      for (let call = 0; call < 7; call++) yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(500)

      const hour = 3_600_000
      near(seen.starts, [hour, hour, hour, hour, hour, hour + 250, hour + 500])
    })
  )

  it.effect("S24: with 30 s of wait at 1/s, 31 of very many calls are accepted and the others refused at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1, maxWait: "30 seconds" }))
      const { seen, watch } = recorder()
      const waiting: Array<Fiber.Fiber<unknown, unknown>> = []
      let refused = 0

      for (let call = 0; call < 2000; call++) {
        const fiber = yield* fork(pass(options, watch(Effect.void)))
        const exit = fiber.pollUnsafe()
        if (exit === undefined || Exit.isSuccess(exit)) waiting.push(fiber)
        else {
          refused++
          assert.strictEqual(Duration.toMillis((reasonOf(exit) as RateLimited).retryAfter!), 1000)
        }
      }

      assert.strictEqual(waiting.length, 31)
      assert.strictEqual(refused, 1969)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(seen.starts.length, 31)
      for (const fiber of waiting) yield* Fiber.join(fiber)
    })
  )

  for (const perSecond of [2, 3, 7, 0.3, 49, 1000 / 7]) {
    it.effect(`S30: a lone caller refused at ${perSecond}/s is admitted after exactly retryAfter`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(RateLimit.layer({ perSecond, maxWait: 0 }))
        yield* pass(options, Effect.void)

        const refused = reasonOf(yield* Effect.exit(pass(options, Effect.void))) as RateLimited
        assert.closeTo(Duration.toMillis(refused.retryAfter!), 1000 / perSecond, 0.5)

        yield* TestClock.adjust(refused.retryAfter!)
        yield* pass(options, Effect.void)
      })
    )
  }

  it.effect("S32: a rate lowered or raised while 20 wait holds from the next start on", () =>
    Effect.gen(function* () {
      const rate = yield* SubscriptionRef.make(10)
      const pass = yield* gate(RateLimit.layer({ perSecond: rate }))
      const { seen, watch } = recorder()
      for (let call = 0; call < 21; call++) yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(150)

      yield* SubscriptionRef.set(rate, 1)
      yield* TestClock.adjust(2000)
      near(seen.starts, [0, 100, 650, 1650])

      yield* SubscriptionRef.set(rate, 10)
      yield* TestClock.adjust(10_000)
      assert.strictEqual(seen.starts.length, 21)
      near(seen.starts.slice(4, 7), [2200, 2300, 2400])
      assert.closeTo(yield* moment, 12_150, 0.01)
    })
  )

  it.effect("a live rate out of range changes nothing", () =>
    Effect.gen(function* () {
      const rate = yield* SubscriptionRef.make(10)
      const pass = yield* gate(RateLimit.layer({ perSecond: rate }))
      const { seen, watch } = recorder()

      yield* SubscriptionRef.set(rate, NaN)
      yield* SubscriptionRef.set(rate, 0)
      for (let call = 0; call < 3; call++) yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(1000)

      near(seen.starts, [0, 100, 200])
    })
  )

  it.effect("an unlimited rate delays nobody, whatever a call costs", () =>
    Effect.gen(function* () {
      const starts = yield* startsOf({ perSecond: Infinity, cost: () => 1000 }, 50, 0)

      assert.strictEqual(starts.length, 50)
    })
  )

  it.effect("every wrong option is named", () =>
    Effect.gen(function* () {
      const wrong = wrongOptions(
        RateLimit.layer({ perSecond: 0, burst: 0.5, tokensPerMinute: 0, maxWait: Duration.millis(-1) })
      )

      assert.deepStrictEqual(yield* wrong, ["perSecond", "burst", "tokensPerMinute", "maxWait"])
    })
  )
})
