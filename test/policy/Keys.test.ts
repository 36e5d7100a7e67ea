import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import type { Pass } from "../../src/Call.ts"
import * as CircuitBreaker from "../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../src/policy/RateLimit/RateLimit.ts"
import type { Event } from "../../src/stats/Event.ts"
import { Stats } from "../../src/Stats.ts"
import { fork, gate, standing, times } from "../support/gate.ts"
import { moment } from "../support/policies.ts"

const byCaller = { key: ({ caller }: { readonly caller: string }) => caller }

/** Notes when a caller's calls start. */
const starting = (pass: Pass, caller: string, starts: Array<string>) =>
  pass(
    { caller },
    Effect.map(moment, (at) => void starts.push(`${caller} at ${Math.round(at)}`))
  )

describe("Limits of keys", () => {
  it.effect("S31: a retry-after holds for its key only, order is kept, and no burst follows", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 10, ...byCaller }))
      const starts: Array<string> = []
      const limited = Effect.fail({ status: 429, retryAfter: Duration.seconds(7) })
      yield* Effect.exit(pass({ caller: "ada" }, limited))

      const calls = yield* Effect.forEach(["ada", "ada", "bob", "ada", "bob"], (caller) =>
        fork(starting(pass, caller, starts))
      )
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual(
        calls.map(standing),
        times(5).map(() => "succeeded")
      )
      assert.deepStrictEqual(starts, ["bob at 0", "bob at 100", "ada at 7000", "ada at 7100", "ada at 7200"])
    })
  )

  it.effect("S34: an exhausted key is not forgotten before its debt is paid, however many others come", () =>
    Effect.gen(function* () {
      const limit = { perSecond: 0.001, maxWait: 0, maxKeys: 10, keyIdleTime: "1 second", ...byCaller } as const
      const pass = yield* gate(RateLimit.layer(limit))
      yield* pass({ caller: "ada" }, Effect.void)

      for (const i of times(1000)) yield* pass({ caller: `caller ${i}` }, Effect.void)
      yield* TestClock.adjust("999 seconds")
      assert.strictEqual(standing(yield* fork(pass({ caller: "ada" }, Effect.void))), "RateLimited")
      yield* TestClock.adjust("1 second")

      assert.strictEqual(standing(yield* fork(pass({ caller: "ada" }, Effect.void))), "succeeded")
    })
  )

  it.effect("a retry-after that comes long after the start still holds for its key", () =>
    Effect.gen(function* () {
      const limit = { perSecond: 100, maxWait: 0, maxKeys: 2, keyIdleTime: "1 second", ...byCaller } as const
      const pass = yield* gate(RateLimit.layer(limit))
      const limited = Effect.delay(Effect.fail({ status: 429, retryAfter: Duration.seconds(7) }), "1 minute")
      yield* fork(Effect.exit(pass({ caller: "ada" }, limited)))
      for (const i of times(10)) yield* pass({ caller: `caller ${i}` }, Effect.void)
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(standing(yield* fork(pass({ caller: "ada" }, Effect.void))), "RateLimited")
    })
  )

  it.effect("each key has its permits, and a key whose calls run or wait is never forgotten", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 1, maxKeys: 2, keyIdleTime: "1 second", ...byCaller }))
      const runner = yield* fork(pass({ caller: "ada" }, Effect.never))
      const waiting = yield* fork(pass({ caller: "ada" }, Effect.never))
      for (const i of times(20)) yield* pass({ caller: `caller ${i}` }, Effect.void)
      yield* TestClock.adjust("1 minute")

      const third = yield* fork(pass({ caller: "ada" }, Effect.void))
      assert.deepStrictEqual([runner, waiting, third].map(standing), ["pending", "pending", "pending"])
      yield* Fiber.interrupt(runner)
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust(0)
      assert.strictEqual(standing(third), "succeeded")
    })
  )

  it.effect("one key's circuit opens alone, and tells so under its key; the stats are those of all calls", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const events: Array<unknown> = []
      stats.onEvent((event: Event) => {
        if (event._tag === "Circuit") events.push([event.key, event.state])
      })
      const breaker = {
        maxFailures: 2,
        openDuration: "30 seconds",
        key: ({ model }: { readonly model: string | undefined }) => model
      } as const
      const pass = yield* gate(CircuitBreaker.layer(breaker))
      const fail = Effect.fail({ status: 500 })
      yield* Effect.exit(pass({ model: "small" }, fail))
      for (const _ of times(2)) yield* Effect.exit(pass({ model: "large" }, fail))

      const calls = [{ model: "small" }, { model: "large" }, {}].map((options) => fork(pass(options, Effect.void)))
      const ends = (yield* Effect.all(calls)).map(standing)
      assert.deepStrictEqual(ends, ["succeeded", "CircuitOpen", "succeeded"])
      assert.deepStrictEqual(events.slice(0, 3), [
        ["small", "closed"],
        ["large", "closed"],
        ["large", "open"]
      ])
      assert.strictEqual((yield* stats.snapshot).circuitBreaker.state, "closed")
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  it.effect("each key follows its rates, those of tokens too", () =>
    Effect.gen(function* () {
      const perSecond = yield* SubscriptionRef.make(100)
      const tokensPerMinute = yield* SubscriptionRef.make(100)
      const pass = yield* gate(RateLimit.layer({ perSecond, tokensPerMinute, maxWait: 0, ...byCaller }))
      const call = (caller: string, tokens: number) => Effect.map(fork(pass({ caller, tokens }, Effect.void)), standing)
      yield* call("ada", 1)

      yield* SubscriptionRef.set(tokensPerMinute, 50)
      assert.deepStrictEqual([yield* call("ada", 60), yield* call("bob", 60)], ["NeverAdmissible", "NeverAdmissible"])

      yield* SubscriptionRef.set(perSecond, 0.001)
      yield* TestClock.adjust("1 second")
      yield* call("ada", 0)
      assert.deepStrictEqual([yield* call("ada", 0), yield* call("bob", 0)], ["RateLimited", "succeeded"])
    })
  )

  it.effect("an open circuit outlives the idle time of its key, and isolation holds for keys to come", () =>
    Effect.gen(function* () {
      const control = yield* CircuitBreaker.Control.make
      const breaker = { maxFailures: 1, openDuration: "1 hour", keyIdleTime: "1 second", control, ...byCaller } as const
      const pass = yield* gate(CircuitBreaker.layer(breaker))
      yield* Effect.exit(pass({ caller: "ada" }, Effect.fail({ status: 500 })))
      yield* TestClock.adjust("59 minutes")
      assert.strictEqual(standing(yield* fork(pass({ caller: "ada" }, Effect.void))), "CircuitOpen")

      const call = fork(pass({ caller: "new" }, Effect.void))
      const isolated = yield* Effect.scoped(Effect.andThen(control.isolate, call))
      assert.deepStrictEqual([isolated, yield* call].map(standing), ["CircuitOpen", "succeeded"])
    })
  )

  it.effect("calls without a key are not limited", () =>
    Effect.gen(function* () {
      const large = ({ model }: { readonly model: string | undefined }) => (model === "large" ? model : undefined)
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 1, key: large }))
      const calls = yield* Effect.forEach(["large", "small", "small", "large"], (model) =>
        fork(pass({ model }, Effect.as(Effect.sleep("1 second"), model)))
      )

      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(calls.map(standing), ["succeeded", "succeeded", "succeeded", "pending"])
      yield* Fiber.interruptAll(calls)
    })
  )
})
