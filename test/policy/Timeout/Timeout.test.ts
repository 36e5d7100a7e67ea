import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Attempt } from "../../../src/engine/Attempt.ts"
import { EffectCall } from "../../../src/engine/EffectCall.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import * as Timeout from "../../../src/policy/Timeout/Timeout.ts"
import { StreamProgress } from "../../../src/StreamProgress.ts"
import { errorOf, wrongOptions } from "../../support/policies.ts"
import { fork, gate, reasonOf, standing, times, warmClock } from "../../support/gate.ts"

const options = {}

describe("Timeout", () => {
  it.effect("an attempt that takes too long ends in that instant, and says so", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Timeout.layer({ timeout: "2 seconds" }))
      const call = yield* fork(Effect.exit(pass(options, Effect.never)))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(standing(call), "pending")
      yield* TestClock.adjust("1 millis")

      const reason = reasonOf(yield* Fiber.join(call))
      assert.strictEqual(reason?.code, "upstream_timeout")
      assert.isTrue(reason?._tag === "DeadlineExceeded" && reason.started && reason.limit === "attempt")
    })
  )

  it.effect("waiting in the gates above does not count", () =>
    Effect.gen(function* () {
      const stack = ConcurrencyLimit.layer({ permits: 1 }).pipe(Layer.provide(Timeout.layer({ timeout: "2 seconds" })))
      const pass = yield* gate(stack)
      const work = Effect.as(Effect.sleep("1500 millis"), "answer")
      const calls = yield* Effect.forEach(times(4), () => fork(pass(options, work)))
      yield* TestClock.adjust("6 seconds")

      for (const call of calls) assert.strictEqual(yield* Fiber.join(call), "answer")
    })
  )

  it.effect("what the call acquired is released before the attempt ends", () =>
    Effect.gen(function* () {
      yield* warmClock
      const pass = yield* gate(Timeout.layer({ timeout: "2 seconds" }))
      const released = yield* Deferred.make<void>()
      const work = Effect.onInterrupt(Effect.never, () =>
        Effect.andThen(Effect.sleep("1 second"), Deferred.succeed(released, undefined))
      )
      const call = yield* fork(pass(options, work))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(standing(call), "pending")
      yield* TestClock.adjust("1 second")

      assert.isTrue(yield* Deferred.isDone(released))
      assert.strictEqual(standing(call), "DeadlineExceeded")
    })
  )

  it.effect("success, failure, defect and the caller's leaving pass unchanged", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Timeout.layer({ timeout: "2 seconds" }))
      const left = yield* fork(pass(options, Effect.never))
      yield* Fiber.interrupt(left)

      assert.strictEqual(yield* pass(options, Effect.succeed(1)), 1)
      assert.strictEqual(errorOf(yield* Effect.exit(pass(options, Effect.fail("own")))), "own")
      assert.deepStrictEqual(yield* Effect.exit(pass(options, Effect.die("bug"))), Exit.die("bug"))
      assert.strictEqual(standing(left), "interrupted")
    })
  )

  it.effect("above a Retry, work of an earlier attempt that ends late leaves the next its limit", () =>
    Effect.gen(function* () {
      const stack = Timeout.layer({ timeout: "2 seconds" }).pipe(
        Layer.provide(Retry.layer({ maxRetries: 1, baseDelay: 1, maxDelay: 1, minPerSecond: 10 }))
      )
      const pass = yield* gate(stack)
      const abandoned = new Attempt()
      let attempts = 0
      const work = Effect.gen(function* () {
        if (++attempts > 1) return yield* Effect.never
        const call = yield* EffectCall.current
        if (call instanceof EffectCall) call.track(abandoned)
        return yield* Effect.fail({ status: 503 })
      })

      const call = yield* fork(Effect.exit(pass(options, work)))
      yield* TestClock.adjust("1 seconds")
      abandoned.settle()
      yield* TestClock.adjust("2 seconds")

      assert.strictEqual(attempts, 2)
      assert.strictEqual(
        standing(call) === "pending" ? "pending" : reasonOf(yield* Fiber.join(call))?.code,
        "upstream_timeout"
      )
    })
  )

  it.effect("options outside their range are named", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* wrongOptions(Timeout.layer({ timeout: -1, idle: 0 })), ["timeout", "idle"])
    })
  )

  it.effect("nor does waiting in the gates beneath", () =>
    Effect.gen(function* () {
      const stack = Timeout.layer({ timeout: "2 seconds" }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 })))
      const pass = yield* gate(stack)
      const work = Effect.as(Effect.sleep("1500 millis"), "answer")
      const calls = yield* Effect.forEach(times(4), () => fork(pass(options, work)))
      yield* TestClock.adjust("6 seconds")

      for (const call of calls) assert.strictEqual(yield* Fiber.join(call), "answer")
    })
  )

  it.effect("an attempt at a stream that has ended listens no more", () =>
    Effect.gen(function* () {
      let listening = 0
      class Counted extends StreamProgress {
        override subscribe(listener: () => void): () => void {
          const stop = super.subscribe(listener)
          listening++
          return () => {
            listening--
            stop()
          }
        }
      }
      const pass = yield* gate(Timeout.layer({ timeout: "2 seconds", idle: "1 second" }))
      const call = (work: Effect.Effect<unknown, string>) =>
        Effect.exit(Effect.provideService(pass(options, work), StreamProgress.current, new Counted()))

      const running = yield* fork(call(Effect.never))
      assert.strictEqual(listening, 1)
      yield* Fiber.interrupt(running)
      for (const work of [Effect.void, Effect.fail("down"), Effect.die("broken")]) yield* call(work)

      assert.strictEqual(listening, 0)
    })
  )

  it.effect(
    "a chunk that comes less than the clock can tell after another moves the idle limit, and ends nothing else",
    () =>
      Effect.gen(function* () {
        const pass = yield* gate(Timeout.layer({ timeout: "2 seconds", idle: 100 }))
        const progress = new StreamProgress()
        const chunk = Effect.sync(() => progress.onChunk())
        const stream = Effect.andThen(Effect.andThen(chunk, Effect.delay(chunk, Duration.nanos(500n))), Effect.never)
        const call = yield* fork(Effect.exit(Effect.provideService(pass({}, stream), StreamProgress.current, progress)))
        yield* TestClock.adjust(Duration.nanos(500n))
        yield* TestClock.adjust(100)

        assert.strictEqual(reasonOf(yield* Fiber.join(call))?.code, "upstream_idle_timeout")
      })
  )
})
