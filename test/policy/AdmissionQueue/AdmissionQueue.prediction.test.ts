import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Random, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import type { Pass } from "../../../src/Call.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import type { DeadlineExceeded } from "../../../src/Rejection.ts"
import { givingUp, outliving } from "../../support/abandoned.ts"
import { fork, gate, promised, reasonOf, standing, times } from "../../support/gate.ts"
import { runs } from "../../support/runs.ts"

const second = Effect.sleep("1 second")

const queue = (permits: number) =>
  gate(
    promised.pipe(
      Layer.provide(AdmissionQueue.layer({ capacity: 10_000 })),
      Layer.provide(ConcurrencyLimit.layer({ permits }))
    )
  )

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

/** Whether a call that has so many milliseconds is let in; it does nothing. */
const isLetIn = (pass: Pass, deadline: number) =>
  Effect.map(fork(pass({ deadline }, Effect.void)), (fiber) => standing(fiber) !== "DeadlineExceeded")

describe("AdmissionQueue, prediction", () => {
  it.effect("counts a call once whose work goes on while its next attempt runs", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        promised.pipe(
          Layer.provide(AdmissionQueue.layer({ capacity: 10 })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
          Layer.provide(givingUp)
        )
      )
      const { abandoned, work } = outliving()
      const first = yield* fork(pass({}, work))
      yield* TestClock.adjust("15 seconds")
      const waiting = yield* fork(pass({}, Effect.void))
      const hurried = yield* fork(pass({ deadline: 1 }, Effect.void))
      abandoned.settle()
      yield* TestClock.adjust("15 seconds")

      assert.deepStrictEqual([first, waiting, hurried].map(standing), ["succeeded", "succeeded", "DeadlineExceeded"])
    })
  )

  for (const permits of [1, 2, 3, 4, 8]) {
    it.effect(`is exact for calls of equal length on ${permits} permits`, () =>
      Effect.gen(function* () {
        const pass = yield* queue(permits)
        yield* Effect.forEach(times(13 * permits), () => fork(pass({}, second)))
        yield* TestClock.adjust("3 seconds")

        const late = yield* fork(pass({ deadline: 10_000 }, second))
        assert.strictEqual(standing(late), "DeadlineExceeded")
        const { retryAfter } = reasonOf(late.pollUnsafe()) as DeadlineExceeded
        assert.closeTo(Duration.toMillis(retryAfter!), 1_000, 1)
        assert.isFalse(yield* isLetIn(pass, 10_999))
        const inTime = yield* fork(pass({ deadline: 11_000 }, second))
        assert.strictEqual(standing(inTime), "pending")

        yield* TestClock.adjust("11 seconds")
        assert.strictEqual(standing(inTime), "succeeded")
      })
    )
  }

  it.effect.prop(
    "is exact for calls of equal length that started one after the other, whenever it is asked",
    { permits: between(1, 8), waiting: between(1, 30), gap: between(0, 200), after: between(0, 4_999) },
    ({ after, gap, permits, waiting }) =>
      Effect.gen(function* () {
        const pass = yield* queue(permits)
        // The gate learns how long calls take, each permit from a moment of its own.
        for (const _ of times(permits)) {
          yield* fork(pass({}, second))
          yield* TestClock.adjust(gap)
        }
        yield* Effect.forEach(times(waiting + 5 * permits), () => fork(pass({}, second)))
        yield* TestClock.adjust(1_000 + after)

        const probe = yield* fork(pass({ deadline: 1 }, second))
        if (standing(probe) === "DeadlineExceeded") {
          const { retryAfter } = reasonOf(probe.pollUnsafe()) as DeadlineExceeded
          const needs = Duration.toMillis(retryAfter!) + 1
          const inTime = yield* fork(pass({ deadline: Math.ceil(needs) + 1 }, second))
          assert.strictEqual(standing(inTime), "pending")
          yield* TestClock.adjust(Math.ceil(needs) - 2)
          assert.strictEqual(standing(inTime), "pending")
          yield* TestClock.adjust(4)
          assert.strictEqual(standing(inTime), "succeeded")
        }
      }),
    { arbitrary: { runs: runs(60, 1_000) } }
  )

  it.effect("what was let in is not refused at the head while a permit is free", () =>
    Effect.gen(function* () {
      const pass = yield* queue(4)
      yield* Effect.forEach(times(52), () => fork(pass({}, second)))
      yield* TestClock.adjust("3 seconds")

      const urgent = yield* fork(pass({ priority: 0, deadline: 3_000 }, Effect.sleep("2 seconds")))
      yield* TestClock.adjust("3 seconds")

      assert.strictEqual(standing(urgent), "succeeded")
    })
  )

  it.effect("counts wide calls by the permits they take", () =>
    Effect.gen(function* () {
      const pass = yield* queue(4)
      yield* Effect.forEach(times(20), () => fork(pass({ permits: 2 }, second)))
      yield* TestClock.adjust("2 seconds")

      assert.isFalse(yield* isLetIn(pass, 8_500))
      assert.isTrue(yield* isLetIn(pass, 9_000))
    })
  )

  it.effect("follows the rate where that spaces the starts, with permits to spare", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        promised.pipe(
          Layer.provide(AdmissionQueue.layer({ capacity: 100 })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 8 })),
          Layer.provide(RateLimit.layer({ perSecond: 2 }))
        )
      )
      yield* Effect.forEach(times(40), () => fork(pass({}, second)))
      yield* TestClock.adjust("5 seconds")

      // 11 have started, 29 wait: the next but them starts after 14.5 s and ends after 15.5 s.
      assert.isFalse(yield* isLetIn(pass, 15_000))
      assert.isTrue(yield* isLetIn(pass, 16_000))
    })
  )

  it.effect("without it, nothing is refused before its deadline has passed", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Deadline.layer({ deadline: "1 hour" }).pipe(
          Layer.provide(AdmissionQueue.layer({ capacity: 100, prediction: false })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
        )
      )
      yield* Effect.forEach(times(13), () => fork(pass({}, second)))
      yield* TestClock.adjust("3 seconds")

      const hopeless = yield* fork(pass({ deadline: "2 seconds" }, second))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(standing(hopeless), "pending")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(standing(hopeless), "DeadlineExceeded")
    })
  )

  for (const { load, patience, permits, spread } of [
    { spread: 0, patience: 4, load: 200, permits: 3 },
    { spread: 30, patience: 2, load: 300, permits: 1 },
    { spread: 80, patience: 11, load: 300, permits: 3 },
    { spread: 100, patience: 11, load: 200, permits: 1 },
    { spread: 100, patience: 2, load: 300, permits: 12 }
  ]) {
    it.effect(
      `serves as many in time as the same queue without it: load ${load} %, ${spread} % of a length by chance, ${patience} s, ${permits} permits`,
      () =>
        Effect.gen(function* () {
          const served = (prediction: boolean) =>
            Effect.map(
              Effect.forEach(times(6), (seed) => inTime({ load, patience, permits, prediction, spread, seed })),
              (counts) => counts.reduce((a, b) => a + b)
            )

          const [withIt, without] = [yield* served(true), yield* served(false)]
          assert.isAtLeast(withIt, without * 0.97)
        })
    )
  }
})

interface Load {
  readonly load: number
  readonly patience: number
  readonly permits: number
  readonly prediction: boolean
  readonly spread: number
  readonly seed: number
}

/** How many of 200 calls are served in time. Lengths have a mean of 1 s, a share of it by chance. */
const inTime = ({ load, patience, permits, prediction, seed, spread }: Load) =>
  Effect.gen(function* () {
    const pass = yield* gate(
      Deadline.layer({ deadline: patience * 1_000 }).pipe(
        Layer.provide(AdmissionQueue.layer({ capacity: 50, prediction })),
        Layer.provide(ConcurrencyLimit.layer({ permits }))
      )
    )
    const calls = []
    for (const _ of times(200)) {
      const length = 1_000 - spread * 10 - Math.log(1 - (yield* Random.next)) * spread * 10
      calls.push(yield* fork(pass({}, Effect.sleep(length))))
      yield* TestClock.adjust((200_000 / load / permits) * (yield* Random.next))
    }
    yield* TestClock.adjust("1 minute")
    return calls.filter((call) => standing(call) === "succeeded").length
  }).pipe(Effect.scoped, Random.withSeed(`load ${seed}`))
