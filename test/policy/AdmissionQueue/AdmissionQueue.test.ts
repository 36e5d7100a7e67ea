import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { DeadlineExceeded, QueueFull } from "../../../src/Rejection.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, Observer, reasonOf, standing, steps, times } from "../../support/gate.ts"

const queue = (options: AdmissionQueue.Options, permits = 1) =>
  gate(AdmissionQueue.layer(options).pipe(Layer.provide(ConcurrencyLimit.layer({ permits }))))

const options = {}

describe("AdmissionQueue", () => {
  it.effect("S01: of 60 calls in one tick 1 runs, 50 wait, 9 are refused at once, and the 51 finish", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 50 })
      const observer = new Observer<number>()

      const calls = yield* Effect.forEach(times(60), (n) =>
        fork(pass(options, observer.call(n, Effect.sleep("1 second"))))
      )

      const standings = calls.map(standing)
      assert.strictEqual(observer.running, 1)
      assert.deepStrictEqual(standings, [...Array(51).fill("pending"), ...Array(9).fill("QueueFull")])
      assert.strictEqual((reasonOf(calls[51]!.pollUnsafe()) as QueueFull).capacity, 50)
      yield* TestClock.adjust("51 seconds")
      assert.deepStrictEqual(calls.slice(0, 51).map(standing), Array(51).fill("succeeded"))
      assert.deepStrictEqual([observer.peak, observer.running], [1, 0])
    })
  )

  it.effect("S02: a waiter is refused when the longest wait is over, and its place is free at that instant", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 1, maxWait: "50 millis" })
      const running = yield* fork(pass(options, Effect.sleep("400 millis")))
      const waiting = yield* fork(pass(options, Effect.void))

      yield* TestClock.adjust("49 millis")
      assert.strictEqual(standing(waiting), "pending")
      yield* TestClock.adjust("1 millis")

      const { elapsed, limit, started } = reasonOf(waiting.pollUnsafe()) as DeadlineExceeded
      assert.deepStrictEqual([limit, started, Duration.toMillis(elapsed)], ["wait", false, 50])
      const next = yield* fork(pass(options, Effect.void))
      assert.strictEqual(standing(next), "pending")
      assert.strictEqual(standing(running), "pending")
    })
  )

  it.effect("a call that started is not cut when the longest wait would be over", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 2, maxWait: "50 millis" })
      yield* fork(pass(options, Effect.sleep("30 millis")))
      const second = yield* fork(pass(options, Effect.sleep("1 second")))

      yield* TestClock.adjust("1030 millis")

      assert.strictEqual(standing(second), "succeeded")
    })
  )

  it.effect("S03: an interrupted waiter settles and gives its place back at once", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 1 })
      yield* fork(pass(options, Effect.never))
      const waiting = yield* fork(pass(options, Effect.void))
      const refused = yield* fork(pass(options, Effect.void))
      assert.strictEqual(standing(refused), "QueueFull")

      yield* Fiber.interrupt(waiting)

      assert.strictEqual(standing(waiting), "interrupted")
      const next = yield* fork(pass(options, Effect.void))
      assert.strictEqual(standing(next), "pending")
    })
  )

  it.effect("S04: an interrupted waiter's work never starts, at the head of the queue or behind it", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 5 })
      const observer = new Observer()
      const release = yield* Deferred.make<void>()
      const running = yield* fork(pass(options, Deferred.await(release)))
      const [head, behind, last] = yield* Effect.forEach(["head", "behind", "last"], (name) =>
        fork(pass(options, observer.call(name, Effect.void)))
      )

      yield* Fiber.interrupt(behind!)
      yield* Fiber.interrupt(head!)
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(last!)
      yield* Fiber.join(running)

      assert.deepStrictEqual(observer.started, ["last"])
    })
  )

  it.effect("a call that is refused beneath gives the door to the next", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 5 }, 2)
      const holders = yield* Effect.forEach(times(2), () => fork(pass(options, Effect.never)))
      yield* fork(pass(options, Effect.never))
      const wide = yield* fork(pass({ permits: 3 }, Effect.void))
      const last = yield* fork(pass(options, Effect.void))

      yield* Effect.forEach(holders, Fiber.interrupt)
      yield* Fiber.join(last)

      assert.strictEqual(standing(wide), "NeverAdmissible")
    })
  )

  it.effect("with capacity 0 a call starts at once or is refused, and a refused one has spent nothing", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        AdmissionQueue.layer({ capacity: 0 }).pipe(
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
          Layer.provide(RateLimit.layer({ perSecond: 1 }))
        )
      )
      const observer = new Observer()
      const tryOne = (name: string, work: Effect.Effect<void>) => fork(pass(options, observer.call(name, work)))

      const first = yield* tryOne("first", Effect.sleep("400 millis"))
      const noPermit = yield* tryOne("no permit", Effect.void)
      yield* steps(5)
      assert.deepStrictEqual([standing(first), standing(noPermit)], ["pending", "QueueFull"])
      yield* TestClock.adjust("400 millis")
      const noToken = yield* tryOne("no token", Effect.void)
      yield* steps(5)
      assert.deepStrictEqual([standing(first), standing(noToken)], ["succeeded", "QueueFull"])
      assert.strictEqual((reasonOf(noToken.pollUnsafe()) as QueueFull).capacity, 0)
      yield* TestClock.adjust("600 millis")
      const due = yield* tryOne("due", Effect.void)

      assert.strictEqual(standing(due), "succeeded")
      assert.deepStrictEqual(observer.started, ["first", "due"])
    })
  )

  it.effect("a queue of 0 places lets calls run side by side as long as each starts at once", () =>
    Effect.gen(function* () {
      const pass = yield* queue({ capacity: 0 }, 3)

      const calls = yield* Effect.forEach(times(4), () => fork(pass(options, Effect.sleep("1 second"))))
      yield* steps(5)

      assert.deepStrictEqual(calls.map(standing), ["pending", "pending", "pending", "QueueFull"])
    })
  )

  it.effect("wrong options fail and each is named", () =>
    Effect.gen(function* () {
      const wrong = (options: AdmissionQueue.Options) =>
        Effect.map(Effect.flip(gate(AdmissionQueue.layer(options))), ({ _tag, problems }) => [
          _tag,
          ...problems.map(({ name }) => name)
        ])

      assert.deepStrictEqual(yield* wrong({ capacity: -1, maxWait: 0, priorityAging: "2 days" }), [
        "InvalidOptions",
        "capacity",
        "maxWait",
        "priorityAging"
      ])
      for (const capacity of [1.5, NaN, 1_000_001, -Infinity])
        assert.deepStrictEqual(yield* wrong({ capacity }), ["InvalidOptions", "capacity"])
      assert.deepStrictEqual(yield* wrong({ capacity: 1, maxWait: NaN }), ["InvalidOptions", "maxWait"])
      yield* gate(AdmissionQueue.layer({ capacity: Infinity, maxWait: Infinity, priorityAging: Infinity }))
    })
  )
})
