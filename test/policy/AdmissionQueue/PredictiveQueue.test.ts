import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Stage } from "../../../src/Call.ts"
import type { Forecast } from "../../../src/Forecast.ts"
import { Gate } from "../../../src/Gate.ts"
import * as PredictiveQueue from "../../../src/policy/AdmissionQueue/PredictiveQueue.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import { fork, standing } from "../../support/gate.ts"

/** Knows the work of each call by its `tokens`: a millisecond each, on one permit; half of it if its reply is short. */
const forecast: Forecast = {
  work: ({ tokens }) => tokens,
  shortWork: ({ tokens }) => tokens / 2,
  duration: (work) => work,
  usualDuration: (work) => work,
  cost: (work) => work,
  backlog: () => 0
}

class Passing extends Stage {}

const knowing = Gate.policy(() => Effect.succeed({ policy: () => new Passing(), forecast }))

const queue = (options: Partial<PredictiveQueue.Options> = {}) =>
  PredictiveQueue.layer({ capacity: 100, ...options }).pipe(
    Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
    Layer.provide(knowing),
    Layer.provide(Gate.layerNoop)
  )

/** The calls' own deadlines count only beneath a policy that sets them. */
const queueWithDeadlines = () => Deadline.layer({ deadline: "1 hour" }).pipe(Layer.provide(queue()))

const unknowing = PredictiveQueue.layer({ capacity: 100 }).pipe(
  Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
  Layer.provide(Gate.layerNoop)
)

/** A call that takes its tokens in milliseconds; notes its name when it starts. */
const call = (
  starts: Array<string>,
  name: string,
  tokens: number,
  options: { readonly deadline?: number; readonly priority?: number; readonly caller?: string } = {}
) =>
  Gate.pass(
    { caller: name, tokens, ...options },
    Effect.suspend(() => {
      starts.push(name)
      return Effect.sleep(tokens)
    })
  )

const tag = (exit: { readonly reason: { readonly _tag: string } }) => exit.reason._tag

describe("PredictiveQueue", () => {
  it.effect("without a forecast calls start as they came", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      for (const [name, tokens] of [
        ["a", 100],
        ["b", 500],
        ["c", 50],
        ["d", 10]
      ] as const)
        yield* Effect.forkChild(call(starts, name, tokens))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts, ["a", "b", "c", "d"])
    }).pipe(Effect.provide(unknowing))
  )

  it.effect("while all can end in time, the one starts first that must", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      yield* Effect.forkChild(call(starts, "running", 100))
      for (const [name, tokens, deadline] of [
        ["late", 10, 9000],
        ["soon", 500, 3000],
        ["middle", 50, 6000]
      ] as const)
        yield* Effect.forkChild(call(starts, name, tokens, { deadline }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts, ["running", "soon", "middle", "late"])
    }).pipe(Effect.provide(queueWithDeadlines()))
  )

  it.effect(
    "if they cannot, the shortest starts first, and what cannot end in time is refused with an honest wait",
    () =>
      Effect.gen(function* () {
        const starts: Array<string> = []
        yield* Effect.forkChild(call(starts, "running", 1000))
        for (let i = 0; i < 12; i++) yield* Effect.forkChild(call(starts, `short ${i}`, 400, { deadline: 6000 }))
        yield* Effect.yieldNow
        const refused = yield* Effect.flip(call(starts, "long", 3000, { deadline: 6000 }))
        assert.strictEqual(tag(refused), "DeadlineExceeded")
        yield* TestClock.adjust("10 minutes")

        assert.isFalse(starts.includes("long"))
        assert.isAtLeast(starts.length, 12)
      }).pipe(Effect.provide(queueWithDeadlines()))
  )

  it.effect("a better call takes the head's place, and the head starts later", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      yield* Effect.forkChild(call(starts, "running", 100))
      yield* Effect.forkChild(call(starts, "head", 500, { deadline: 60_000 }))
      yield* TestClock.adjust("50 millis")
      yield* Effect.forkChild(call(starts, "urgent", 500, { deadline: 2000 }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts, ["running", "urgent", "head"])
    }).pipe(Effect.provide(queueWithDeadlines()))
  )

  it.effect("urgent calls go before all others, whatever they cost", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      yield* Effect.forkChild(call(starts, "running", 100))
      yield* Effect.forkChild(call(starts, "short", 10))
      yield* Effect.forkChild(call(starts, "urgent", 900, { priority: 0 }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts, ["running", "urgent", "short"])
    }).pipe(Effect.provide(queue()))
  )

  it.effect("a call that the model refused waits again, and its caller never sees it", () =>
    Effect.gen(function* () {
      let attempts = 0
      const refusedTwice = Effect.suspend(() =>
        ++attempts < 3 ? Effect.fail({ status: 429 }) : Effect.succeed("answer")
      )
      const answer = yield* Gate.pass({}, refusedTwice)

      assert.deepStrictEqual([answer, attempts], ["answer", 3])
    }).pipe(Effect.provide(queue({ putBack: true })))
  )

  it.effect("an answer of the model that fails is none of those, and without putBack no call waits again", () =>
    Effect.gen(function* () {
      let attempts = 0
      const fails = (status: number) => Effect.suspend(() => Effect.fail({ status, count: ++attempts }))
      yield* Effect.flip(Effect.provide(Gate.pass({}, fails(500)), queue({ putBack: true })))
      yield* Effect.flip(Effect.provide(Gate.pass({}, fails(429)), queue()))

      assert.strictEqual(attempts, 2)
    })
  )

  it.effect("a call that was put back and is refused before it starts again fails as its attempt did", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Gate.pass({}, Effect.fail({ status: 503, message: "overloaded" })))

      assert.deepStrictEqual(error, { status: 503, message: "overloaded" })
    }).pipe(
      Effect.provide(
        PredictiveQueue.layer({ capacity: 10, putBack: true }).pipe(
          Layer.provide(CircuitBreaker.layer({ maxFailures: 1, openDuration: "1 minute" })),
          Layer.provide(Gate.layerNoop)
        )
      )
    )
  )

  it.effect("a full queue refuses, and says when a place is free", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      for (let i = 0; i < 4; i++) {
        yield* Effect.forkChild(call(starts, `call ${i}`, 1000))
        yield* TestClock.adjust("1 millis")
      }
      yield* TestClock.adjust("1500 millis")
      yield* Effect.forkChild(call(starts, "last", 1000))
      yield* Effect.yieldNow
      const { reason } = yield* Effect.flip(call(starts, "too many", 1000))

      assert.strictEqual(reason._tag, "QueueFull")
      assert.isDefined(reason._tag === "QueueFull" ? reason.retryAfter : undefined)
    }).pipe(Effect.provide(queue({ capacity: 3 })))
  )

  it.effect("the longest wait holds for the call that found the queue empty, too", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      yield* Effect.forkChild(call(starts, "running", 10_000))
      const waiting = yield* Effect.forkChild(Effect.flip(call(starts, "head", 10)))
      yield* TestClock.adjust("50 millis")

      assert.strictEqual(tag(yield* Fiber.join(waiting)), "DeadlineExceeded")
    }).pipe(Effect.provide(queue({ maxWait: "50 millis" })))
  )

  it.effect("when the circuit opens, calls that are held back since none can end in time are refused at once", () =>
    Effect.gen(function* () {
      for (const work of [Effect.delay(Effect.fail("down"), "1500 millis"), Effect.never]) {
        yield* fork(Gate.pass({ tokens: 1500 }, work))
      }
      yield* TestClock.adjust("1100 millis")
      yield* fork(Gate.pass({ tokens: 900 }, Effect.never))
      const late = yield* Effect.forEach(["head", "a", "b"], (name) => fork(call([], name, 900, { deadline: 1000 })))
      yield* TestClock.adjust("399 millis")
      for (const fiber of late) assert.strictEqual(standing(fiber), "pending")

      yield* TestClock.adjust(1)
      for (const fiber of late) assert.strictEqual(standing(fiber), "CircuitOpen")
    }).pipe(
      Effect.provide(
        Deadline.layer({ deadline: "1 hour" }).pipe(
          Layer.provide(PredictiveQueue.layer({ capacity: 100, prediction: false })),
          Layer.provide(CircuitBreaker.layer({ maxFailures: 1, openDuration: "1 minute" })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 3 })),
          Layer.provide(knowing),
          Layer.provide(Gate.layerNoop)
        )
      )
    )
  )

  it.effect("calls of a caller that asks for little go before a flood of older ones of the same priority", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      // A light caller is known by what it has asked for.
      yield* fork(call(starts, "light", 1000))
      yield* TestClock.adjust("1 second")
      const flood = (n: number) => call(starts, "flood", 10_000 + n, { caller: "flood" })
      for (let n = 0; n < 30; n++) yield* fork(flood(n))
      for (let second = 0; second < 35; second++) yield* TestClock.adjust("1 second")
      yield* fork(call(starts, "light", 1000))
      const before = starts.length
      yield* TestClock.adjust("11 seconds")

      assert.deepStrictEqual([before, starts[before]], [5, "light"])
    }).pipe(Effect.provide(queue({ priorityAging: "10 seconds" })))
  )

  it.effect("a call within its caller's share is refused only if it ends late even with a short reply", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      const flood = fork(call(starts, "flood", 200))
      yield* fork(call(starts, "light", 1))
      yield* fork(call(starts, "small", 1))
      for (let n = 0; n < 60; n++) {
        yield* Effect.repeat(flood, { times: 7 })
        yield* TestClock.adjust("1 second")
      }
      const ask = (caller: string, tokens: number, deadline: number) => call(starts, caller, tokens, { deadline })
      const refused = [yield* Effect.flip(ask("small", 1000, 400)), yield* Effect.flip(ask("flood", 6000, 4000))]
      const hopeful = yield* fork(ask("light", 6000, 4000))
      yield* TestClock.adjust("200 millis")

      assert.deepStrictEqual(refused.map(tag), ["DeadlineExceeded", "DeadlineExceeded"])
      assert.deepStrictEqual([starts.at(-1), standing(hopeful)], ["light", "pending"])
      yield* TestClock.adjust("10 minutes")
    }).pipe(Effect.provide(queueWithDeadlines()))
  )

  it.effect("calls of a lower priority age among those of a higher one", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      yield* fork(call(starts, "first", 10_000))
      yield* fork(call(starts, "low", 2000, { priority: 2 }))
      for (let n = 0; n < 20; n++) {
        yield* fork(call(starts, `high ${n}`, 1900, { priority: 0 }))
        yield* TestClock.adjust("2 seconds")
      }
      yield* TestClock.adjust("1 minute")

      assert.isBelow(starts.indexOf("low"), starts.length - 1)
    }).pipe(Effect.provide(queue({ priorityAging: "5 seconds" })))
  )

  it.effect("a call without a deadline is not refused for one, whatever is asked for", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      const calls = yield* Effect.forEach(Array.from({ length: 30 }), () => fork(call(starts, "flood", 10_000)))
      for (let n = 0; n < 30; n++) yield* TestClock.adjust("10 seconds")

      assert.isTrue(calls.every((fiber) => standing(fiber) === "succeeded"))
    }).pipe(Effect.provide(queue()))
  )
})
