import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule } from "effect"
import { TestClock } from "effect/testing"
import * as OuterCalls from "../../../src/engine/OuterCalls.ts"
import { Gate } from "../../../src/Gate.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import { AdmittedRate } from "../../../src/policy/TokenBudget/AdmittedRate.ts"
import * as TokenBudget from "../../../src/policy/TokenBudget/TokenBudget.ts"
import { outliving } from "../../support/abandoned.ts"
import { fork } from "../../support/gate.ts"
import { moment } from "../../support/policies.ts"

const budget = (options: TokenBudget.Options) => TokenBudget.layer(options).pipe(Layer.provide(Gate.layerNoop))

/** A call that notes when it starts, lasts so long, and then took so many tokens. */
const call = (starts: Array<number>, tokens: number, millis: number, took?: number) =>
  Gate.pass(
    { tokens },
    Effect.flatMap(moment, (at) => {
      starts.push(at)
      const usage = took === undefined ? {} : { usage: { prompt_tokens: 0, completion_tokens: took } }
      return Effect.delay(Effect.succeed(usage), millis)
    })
  )

describe("TokenBudget", () => {
  it.effect("with 100 tokens a second and 6000 saved up, costs of 3000 start at 0, 0 and 30 s", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Effect.forkChild(Effect.forEach([1, 2, 3], () => call(starts, 3000, 0), { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 0, 30_000])
    }).pipe(Effect.provide(budget({ tokensPerMinute: 6000, learns: false })))
  )

  it.effect("of an estimate of 1000, 600 that were not taken return when the call ends, and the next starts then", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Effect.forkChild(call(starts, 1000, 2000, 400))
      yield* Effect.forkChild(call(starts, 600, 0))
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(starts.length, 2)
      assert.closeTo(starts[1]!, 2000, 1)
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, learns: false })))
  )

  it.effect("more tokens than were reserved are a debt that delays the next", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* call(starts, 1000, 0, 1500)
      yield* Effect.forkChild(call(starts, 500, 0))
      yield* TestClock.adjust("2 minutes")

      // 500 of debt and 500 for itself, at 1000 a minute.
      assert.closeTo(starts[1]!, 60_000, 1)
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, learns: false })))
  )

  it.effect("a call that leaves before it starts has taken nothing of either limit", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* call(starts, 1000, 0)
      const waiting = yield* Effect.forkChild(call(starts, 1000, 0))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      yield* Effect.forkChild(call(starts, 1000, 0))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 60_000])
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, requestsPerMinute: 2, learns: false })))
  )

  it.effect("tokens in flight are bounded, and one call may always run", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Effect.forkChild(
        Effect.forEach([700, 700, 300], (tokens) => call(starts, tokens, 1000), { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 1000, 1000])
    }).pipe(Effect.provide(budget({ tokensInFlight: 1000, learns: false })))
  )

  it.effect("tokens are in flight until the work has really ended, also if its call was given up", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      const { abandoned, work } = outliving()
      const first = yield* fork(Gate.pass({ tokens: 600 }, work))
      yield* fork(call(starts, 600, 0))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(starts, [])
      abandoned.settle()

      assert.deepStrictEqual(starts, [10_000])
    }).pipe(Effect.provide(budget({ tokensInFlight: 1000, learns: false })))
  )

  it.effect("after a 429 nothing starts until its retry-after", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Effect.flip(Gate.pass({}, Effect.fail({ status: 429, retryAfterMs: 7000 })))
      yield* Effect.forkChild(call(starts, 0, 0))
      yield* TestClock.adjust("1 minute")

      assert.closeTo(starts[0]!, 7000, 1)
    }).pipe(Effect.provide(budget({})))
  )

  it.effect(
    "S28: a call that no connection came about for gives all back, one that is interrupted keeps what it reserved",
    () =>
      Effect.gen(function* () {
        const starts: Array<number> = []
        yield* Effect.flip(Gate.pass({ tokens: 1000 }, Effect.fail({ code: "ECONNREFUSED" })))
        const cut = yield* Effect.forkChild(call(starts, 1000, 60_000))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(cut)
        yield* Effect.forkChild(call(starts, 500, 0))
        yield* TestClock.adjust("1 minute")

        assert.strictEqual(starts[0], 0)
        assert.closeTo(starts[1]!, 30_000, 5)
      }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, learns: false })))
  )

  it.effect("S28: a call that is interrupted in mid-stream is charged what was produced, if its adapter notes it", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      const streaming = Effect.onInterrupt(Effect.never, () => OuterCalls.note({ prompt: 100, completion: 300 }))
      const cut = yield* Effect.forkChild(Gate.pass({ tokens: 1000 }, streaming))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(cut)
      yield* Effect.forkChild(call(starts, 900, 0))
      yield* TestClock.adjust("1 minute")

      // 600 are left, and 300 more come in 18 s.
      assert.closeTo(starts[0]!, 18_000, 5)
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, learns: false })))
  )

  it.effect("S28: what an attempt took is not charged for the next, which did not reach the model", () =>
    Effect.gen(function* () {
      let attempts = 0
      const answered = Effect.andThen(OuterCalls.note({ prompt: 0, completion: 400 }), Effect.fail({ code: "503" }))
      const flaky = Effect.suspend(() => (++attempts > 1 ? Effect.fail({ code: "ECONNREFUSED" }) : answered))
      const starts: Array<number> = []
      yield* Effect.forkChild(Effect.exit(Gate.pass({ tokens: 500 }, flaky)))
      yield* TestClock.adjust("1 millis")
      yield* Effect.forkChild(call(starts, 600, 0))
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(attempts, 2)
      assert.isBelow(starts[0]!, 100)
    }).pipe(
      Effect.provide(
        Retry.layer({ maxRetries: 1, schedule: Schedule.spaced(0) }).pipe(
          Layer.provide(budget({ tokensPerMinute: 1000, learns: false }))
        )
      )
    )
  )

  it.effect("S29: while tokens are used up no request is taken", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* call(starts, 1000, 0)
      const held = yield* Effect.forkChild(call(starts, 500, 0))
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.interrupt(held)
      yield* call(starts, 0, 0)
      yield* Effect.forkChild(call(starts, 0, 0))
      yield* TestClock.adjust("1 second")

      // Two requests a minute: the first, and the one after the call that waited for tokens.
      assert.deepStrictEqual(starts.map(Math.round), [0, 10_000])
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000, requestsPerMinute: 2, learns: false })))
  )

  const told = (limit: number, remaining: number) =>
    Effect.succeed({
      headers: {
        "x-ratelimit-limit-requests": String(limit),
        "x-ratelimit-remaining-requests": String(remaining),
        "x-ratelimit-reset-requests": "1s"
      }
    })

  it.effect("a limit that the headers tell is kept, and what they say is left", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Gate.pass({}, told(60, 2))
      yield* Effect.forkChild(Effect.forEach([1, 2, 3, 4], () => call(starts, 0, 0), { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 0, 1000, 2000])
    }).pipe(Effect.provide(budget({})))
  )

  it.effect("calls that started since then count against what the headers say is left", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Effect.forkChild(Gate.pass({}, Effect.delay(told(60, 2), 500)))
      yield* Effect.forkChild(Effect.forEach([1, 2], () => call(starts, 0, 0)))
      yield* TestClock.adjust("500 millis")
      yield* Effect.forkChild(call(starts, 0, 0))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 0, 1500])
    }).pipe(Effect.provide(budget({})))
  )

  it.effect("headers never raise the limit that is set", () =>
    Effect.gen(function* () {
      const starts: Array<number> = []
      yield* Gate.pass({}, told(600, 599))
      yield* Effect.forkChild(Effect.forEach([1, 2, 3], () => call(starts, 0, 0), { concurrency: "unbounded" }))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(starts.map(Math.round), [0, 30_000, 60_000])
    }).pipe(Effect.provide(budget({ requestsPerMinute: 2 })))
  )

  it.effect("more tokens than the limit will ever give are refused at once", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(Gate.pass({ tokens: 2000 }, Effect.void))

      assert.strictEqual(reason._tag, "NeverAdmissible")
    }).pipe(Effect.provide(budget({ tokensPerMinute: 1000 })))
  )
})

describe("AdmittedRate", () => {
  it("is what was admitted in the last minute, and grows", () => {
    const rate = new AdmittedRate(0)
    for (let at = 0; at < 120_000; at += 1000) rate.admit(1, at)
    assert.strictEqual(rate.perMinute(120_000), Infinity)

    rate.refuse(120_000)

    assert.closeTo(rate.perMinute(120_000), 60, 2.5)
    assert.closeTo(rate.perMinute(180_000), 78, 3)
  })

  it("falls by three tenths at most", () => {
    const rate = new AdmittedRate(0)
    for (let at = 0; at < 60_000; at += 1000) rate.admit(1, at)
    rate.refuse(60_000)

    rate.refuse(180_000)

    assert.isAtLeast(rate.perMinute(180_000), 40)
  })
})
