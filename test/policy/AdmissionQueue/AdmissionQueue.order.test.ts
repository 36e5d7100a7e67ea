import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { loads, starts } from "../../support/line.ts"
import { fork, gate, Observer, times } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const queue = (options: Partial<AdmissionQueue.Options> = {}, permits = 1) =>
  gate(AdmissionQueue.layer({ capacity: 10_000, ...options }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits }))))

/** Starts one call that holds the only permit, and one at the head of the queue, so that all others stand behind them. */
const frozen = Effect.fnUntraced(function* (options?: Partial<AdmissionQueue.Options>) {
  const pass = yield* queue(options)
  const release = yield* Deferred.make<void>()
  yield* fork(pass({ priority: 0 }, Deferred.await(release)))
  yield* fork(pass({ priority: 0 }, Effect.void))
  return { pass, release: Deferred.succeed(release, undefined) }
})

describe("AdmissionQueue, order", () => {
  it.effect.prop(
    "calls start in the order they came, each at the moment its permits are free",
    { load: loads(3) },
    ({ load }) =>
      Effect.gen(function* () {
        const pass = yield* queue({}, 3)
        const observer = new Observer<number>()
        const started: Array<number> = []
        const origin = yield* Clock.currentTimeMillis
        let arrival = 0

        const calls = yield* Effect.forEach(load, ({ gap, length, permits }, index) => {
          arrival += gap
          const work = Effect.map(Clock.currentTimeMillis, (now) => void (started[index] = now - origin)).pipe(
            Effect.andThen(Effect.sleep(length))
          )
          const options = { permits, caller: `caller ${index}` }
          return Effect.forkChild(Effect.delay(pass(options, observer.call(index, work, permits)), arrival))
        })
        yield* TestClock.adjust("10 seconds")
        yield* Effect.forEach(calls, Fiber.join)

        assert.deepStrictEqual(observer.started, [...load.keys()])
        assert.deepStrictEqual(started, starts(load, 3))
        assert.isAtMost(observer.peak, 3)
      }),
    { arbitrary: { runs: runs(100, 3_000), size: 60 } }
  )

  it.effect("S06: 1000 waiters of one caller start in the order they came", () =>
    Effect.gen(function* () {
      const { pass, release } = yield* frozen()
      const observer = new Observer<number>()
      const calls = yield* Effect.forEach(times(1000), (n) => fork(pass({}, observer.call(n, Effect.void))))

      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      assert.deepStrictEqual(observer.started, times(1000))
    })
  )

  it.effect("S06: so do 1000 waiters of as many callers", () =>
    Effect.gen(function* () {
      const { pass, release } = yield* frozen()
      const observer = new Observer<number>()
      const calls = yield* Effect.forEach(times(1000), (n) =>
        fork(pass({ caller: `caller ${n}` }, observer.call(n, Effect.void)))
      )

      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      assert.deepStrictEqual(observer.started, times(1000))
    })
  )

  it.effect("S07: without priorityAging 100 waiters of one caller start by priority, then in the order they came", () =>
    Effect.gen(function* () {
      const { pass, release } = yield* frozen({ priorityAging: Infinity })
      const observer = new Observer<number>()
      const priority = (n: number) => (n * 37 + (n >> 3)) % 10
      const calls = yield* Effect.forEach(times(100), (n) =>
        fork(pass({ priority: priority(n) }, observer.call(n, Effect.void)))
      )
      yield* TestClock.adjust("1 day")

      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      const expected = [...times(100)].sort((a, b) => priority(a) - priority(b) || a - b)
      assert.deepStrictEqual(observer.started, expected)
    })
  )

  for (const callers of ["one caller", "ever new callers"]) {
    it.effect(`S08: under endless urgent load of ${callers} a waiter is overtaken for ten steps at most`, () =>
      Effect.gen(function* () {
        const pass = yield* queue({ priorityAging: "100 millis" })
        const observer = new Observer<number>()
        const patient = 0
        yield* fork(pass({}, Effect.sleep(1)))
        yield* fork(pass({}, Effect.sleep(1)))
        yield* fork(pass({ priority: 9, caller: "patient" }, observer.call(patient, Effect.void)))

        for (let at = 40; at <= 4_000; at += 40) {
          const caller = callers === "one caller" ? "urgent" : `urgent ${at}`
          yield* fork(pass({ priority: 0, caller }, observer.call(at, Effect.sleep(50))))
          yield* TestClock.adjust(at === 40 ? 0 : 40)
        }

        const before = observer.started.indexOf(patient)
        assert.isAbove(before, 0)
        assert.isTrue(observer.started.slice(0, before).every((arrived) => arrived <= 1_000))
      })
    )
  }

  it.effect("S09: one call of a caller starts within 2 completions although another has 100 waiting", () =>
    Effect.gen(function* () {
      const { pass, release } = yield* frozen()
      const observer = new Observer()
      const calls = yield* Effect.forEach([...Array<string>(100).fill("ann"), "bob"], (caller) =>
        fork(pass({ caller }, observer.call(caller, Effect.void)))
      )

      yield* release
      yield* Effect.forEach(calls, Fiber.join)

      assert.isAtMost(observer.started.indexOf("bob"), 2)
    })
  )

  it.effect("a waiter moves up several levels at once after a long time without events", () =>
    Effect.gen(function* () {
      for (const { gap, expected } of [
        { gap: 399, expected: ["new", "old"] },
        { gap: 400, expected: ["old", "new"] },
        { gap: 100_000, expected: ["old", "new"] }
      ]) {
        const { pass, release } = yield* frozen({ priorityAging: "100 millis" })
        const observer = new Observer()
        const old = yield* fork(pass({ priority: 5, caller: "ann" }, observer.call("old", Effect.void)))
        yield* TestClock.adjust(gap)
        const young = yield* fork(pass({ priority: 1, caller: "bob" }, observer.call("new", Effect.void)))

        yield* release
        yield* Effect.forEach([old, young], Fiber.join)

        assert.deepStrictEqual(observer.started, expected, `after ${gap} ms`)
      }
    })
  )
})
