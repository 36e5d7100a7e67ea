import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, Observer, times } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const queue = (permits = 1) =>
  gate(AdmissionQueue.layer({ capacity: 10_000 }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits }))))

const count = (names: ReadonlyArray<string>, name: string) => names.filter((each) => each === name).length

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
const Weights = Arbitrary.array(between(1, 9), { minLength: 2, maxLength: 5 })

/** A queue that lets nobody in before it is released, with one call at its head. */
const held = Effect.gen(function* () {
  const pass = yield* queue()
  const observer = new Observer()
  const hold = yield* Deferred.make<void>()
  yield* fork(pass({}, Deferred.await(hold)))
  yield* fork(pass({}, Effect.void))
  const send = (caller: string, calls: number) =>
    Effect.forEach(times(calls), () => fork(pass({ caller }, observer.call(caller, Effect.void))))
  return { observer, release: Deferred.succeed(hold, undefined), send }
})

describe("AdmissionQueue, fairness", () => {
  it.effect.prop(
    "callers that always have calls waiting get their shares within permits + 3 calls, at every moment",
    { weights: Weights, permits: between(1, 4), block: between(1, 60) },
    ({ block, permits, weights }) =>
      Effect.gen(function* () {
        const pass = yield* queue(permits)
        const observer = new Observer<number>()
        const each = 60
        const all = weights.reduce((a, b) => a + b, 0)

        const calls: Array<Fiber.Fiber<void, unknown>> = []
        for (let from = 0; from < each; from += block) {
          for (const [index, weight] of weights.entries()) {
            for (let n = from; n < Math.min(each, from + block); n++)
              calls.push(yield* fork(pass({ caller: `${index}`, weight }, observer.call(index, Effect.sleep(1)))))
          }
        }
        yield* TestClock.adjust(each * weights.length)
        yield* Effect.forEach(calls, Fiber.join)

        const served = weights.map(() => 0)
        for (const [before, index] of observer.started.entries()) {
          served[index]!++
          // From then on one of them has no call waiting any more.
          if (served[index] === each) break
          for (const [caller, weight] of weights.entries())
            assert.isAtMost(Math.abs(served[caller]! - ((before + 1) * weight) / all), permits + 3)
        }
      }),
    { arbitrary: { runs: runs(40, 1_000) } }
  )

  it.effect("S10: weights 3 to 1 get 300 and 100 of 400 starts", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const observer = new Observer()
      const release = yield* Deferred.make<void>()
      yield* fork(pass({ caller: "ann", weight: 3 }, Deferred.await(release)))
      const calls = yield* Effect.forEach(times(800), (n) => {
        const caller = n % 2 === 0 ? "ann" : "bob"
        return fork(pass({ caller, weight: n % 2 === 0 ? 3 : 1 }, observer.call(caller, Effect.void)))
      })

      yield* Deferred.succeed(release, undefined)
      yield* Effect.forEach(calls, Fiber.join)

      assert.closeTo(count(observer.started.slice(0, 400), "ann"), 300, 3)
    })
  )

  it.effect("S10: an idle caller's share goes to the other, and it gets no credit for its idle time", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const observer = new Observer()
      const send = (caller: string, weight: number, calls: number) =>
        Effect.forEach(times(calls), () => fork(pass({ caller, weight }, observer.call(caller, Effect.sleep(1)))))

      yield* send("bob", 1, 10)
      yield* send("ann", 3, 1_000)
      yield* TestClock.adjust(200)
      assert.strictEqual(count(observer.started, "bob"), 10)
      assert.closeTo(observer.started.length, 200, 1)
      const idle = observer.started.length
      yield* send("bob", 1, 100)
      yield* TestClock.adjust(200)

      assert.closeTo(count(observer.started.slice(idle), "bob"), 50, 3)
      yield* TestClock.adjust(1_000)
    })
  )

  it.effect("a caller's second call starts although ever new callers come faster than calls are served", () =>
    Effect.gen(function* () {
      const pass = yield* queue()
      const observer = new Observer()
      const ann = { caller: "ann" }
      for (const name of ["ann 1", "ann 2", "ann 3"]) yield* fork(pass(ann, observer.call(name, Effect.sleep(2))))

      for (const n of times(300)) {
        yield* fork(pass({ caller: `new ${n}` }, observer.call(`new ${n}`, Effect.sleep(2))))
        yield* TestClock.adjust(1)
      }

      assert.include(observer.started, "ann 3")
      assert.isBelow(observer.started.indexOf("ann 3"), 100)
    })
  )

  it.effect("calls that left without having started do not count against their caller's share", () =>
    Effect.gen(function* () {
      const { observer, release, send } = yield* held

      yield* Effect.forEach(yield* send("ann", 50), Fiber.interrupt)
      const calls = [...(yield* send("bob", 20)), ...(yield* send("ann", 20))]
      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      assert.closeTo(count(observer.started.slice(0, 20), "ann"), 10, 1)
    })
  )

  it.effect("those who leave from behind a caller's other calls give its share back", () =>
    Effect.gen(function* () {
      const { observer, release, send } = yield* held

      const [first, ...others] = yield* send("ann", 20)
      yield* Effect.forEach(others.toReversed(), Fiber.interrupt)
      const calls = [first!, ...(yield* send("bob", 10)), ...(yield* send("ann", 10))]
      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      assert.closeTo(count(observer.started.slice(0, 10), "ann"), 5, 1)
    })
  )
})
