import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Random, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import { Headgate } from "../../../src/index.ts"
import { Gate } from "../../../src/Gate.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import { fork, gate, Observer, times } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const queue = (permits = 1) =>
  gate(AdmissionQueue.layer({ capacity: 10_000 }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits }))))

const count = (names: ReadonlyArray<string>, name: string) => names.filter((each) => each === name).length

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

describe("AdmissionQueue, calls that leave", () => {
  for (const which of ["oldest", "newest", "middle"] as const) {
    it.effect(`a caller is not charged for its ${which} calls that left unserved`, () =>
      Effect.gen(function* () {
        const pass = yield* queue()
        const observer = new Observer()
        const hold = yield* Deferred.make<void>()
        yield* fork(pass({}, Deferred.await(hold)))
        const ofAnn = yield* Effect.forEach(times(40), () =>
          fork(pass({ caller: "ann" }, observer.call("ann", Effect.void)))
        )
        const from = { oldest: 0, middle: 10, newest: 20 }[which]
        yield* Effect.forEach(ofAnn.slice(from, from + 20), Fiber.interrupt)
        yield* Effect.forEach(times(20), () => fork(pass({ caller: "bob" }, observer.call("bob", Effect.void))))

        yield* Deferred.succeed(hold, undefined)
        yield* TestClock.adjust("1 second")

        assert.closeTo(count(observer.started.slice(0, 20), "ann"), 10, 1)
        assert.strictEqual(observer.started.length, 40)
      })
    )
  }

  it.effect("a caller is not charged for its calls that expired while they waited, in the default stack", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const observer = new Observer()
      const work = (caller: string) => observer.call(caller, Effect.sleep("2 seconds"))
      yield* fork(pass({}, Effect.sleep("2 seconds")))
      for (const deadline of ["1 second", "1 hour"] as const) {
        for (const _ of times(20)) yield* fork(Effect.exit(pass({ caller: "ann", deadline }, work("ann"))))
      }
      for (const _ of times(20)) yield* fork(pass({ caller: "bob", deadline: "1 hour" }, work("bob")))

      yield* TestClock.adjust("41 seconds")

      assert.strictEqual(observer.started.length, 20)
      assert.closeTo(count(observer.started, "ann"), 10, 1)
    }).pipe(
      Effect.provide(Headgate.make({ maxConcurrentRequests: 1, requestsPerSecond: Infinity, maxQueueSize: 1000 }))
    )
  )

  it.effect.prop(
    "callers that always have calls waiting get their shares within permits + 3 calls, while 15 % of the calls leave",
    {
      weights: Arbitrary.array(between(1, 9), { minLength: 2, maxLength: 5 }),
      permits: between(1, 4),
      seed: between(0, 1_000_000)
    },
    ({ permits, seed, weights }) =>
      Effect.gen(function* () {
        const pass = yield* queue(permits)
        const observer = new Observer<number>()
        const each = 60
        const all = weights.reduce((a, b) => a + b, 0)
        const waiting = weights.map(() => each)
        const calls: Array<{ readonly caller: number; readonly fiber: Fiber.Fiber<void, unknown> }> = []
        for (const _ of times(each)) {
          for (const [caller, weight] of weights.entries()) {
            const call = observer.call(caller, Effect.sleep(1))
            calls.push({ caller, fiber: yield* fork(pass({ caller: `${caller}`, weight }, call)) })
          }
        }

        const served = weights.map(() => 0)
        let checked = 0
        const check = () => {
          for (; checked < observer.started.length && waiting.every((left) => left > 0); checked++) {
            const caller = observer.started[checked]!
            served[caller]!++
            waiting[caller]!--
            for (const [other, weight] of weights.entries()) {
              assert.isAtMost(Math.abs(served[other]! - ((checked + 1) * weight) / all), permits + 3)
            }
          }
        }
        // Of those that wait, one in seven leaves for each that starts.
        for (const _ of times(each * weights.length)) {
          check()
          if ((yield* Random.next) < permits * 0.15) {
            const pending = calls.filter(({ fiber }) => fiber.pollUnsafe() === undefined).slice(permits)
            const index = yield* Random.nextIntBetween(0, Math.max(1, pending.length))
            const leaving = pending[index]
            const before = observer.started.length
            if (leaving !== undefined) {
              yield* Fiber.interrupt(leaving.fiber)
              if (observer.started.length === before) waiting[leaving.caller]!--
            }
          }
          yield* TestClock.adjust(1)
        }
      }).pipe(Random.withSeed(`leavers ${seed}`)),
    { arbitrary: { runs: runs(30, 500) } }
  )
})
