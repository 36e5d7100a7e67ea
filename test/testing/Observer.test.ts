import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ConcurrencyLimit, Gate, type Pass, StreamProgress, AdmissionQueue } from "../../src/index.ts"
import { Observer, outcome, rejection } from "../../src/testing.ts"
import { fork, gate } from "../support/gate.ts"

const open: Pass = (_options, call) => call

describe("Observer", () => {
  it.effect("sees which calls wait, run and end, and the peak", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        AdmissionQueue.layer({ capacity: 1 }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 2 })))
      )
      const observer = yield* Observer.make
      const call = (permits: number) => fork(observer.pass(pass, { permits }, () => Effect.sleep("1 second")))
      yield* call(2)
      const waiter = yield* call(1)
      yield* call(1)
      assert.deepStrictEqual([observer.running.length, observer.waiting.length, observer.permitsInUse], [1, 1, 2])
      yield* TestClock.adjust("1500 millis")
      observer.markCancelled(observer.calls[1]!)
      yield* Fiber.interrupt(waiter)

      assert.deepStrictEqual(
        observer.calls.map((seen) => outcome(seen)),
        ["succeeded", "cancelled", "rejected"]
      )
      assert.strictEqual(rejection(observer.calls[2]!)?._tag, "QueueFull")
      assert.deepStrictEqual(
        [observer.peak, observer.permitsInUse, observer.starts, observer.violations],
        [2, 0, [0, 1000], []]
      )
      assert.deepStrictEqual(
        observer.log.lines.filter((line) => line.includes("call 2")),
        [
          "   0 ms  call 2 arrives",
          "1000 ms  call 2 starts",
          "1500 ms  call 2 is cancelled by its caller",
          "1500 ms  call 2 stops at the model: interrupted",
          "1500 ms  call 2 ends: interrupted"
        ]
      )
    })
  )

  it.effect("counts a 4xx as a success, unless a chunk had come before it", () =>
    Effect.gen(function* () {
      const observer = yield* Observer.make
      const progress = new StreamProgress()
      const part = Effect.sync(() => progress.onChunk())
      yield* Effect.exit(observer.pass(open, {}, () => Effect.fail({ status: 404 })))
      yield* Effect.exit(observer.pass(open, {}, () => Effect.fail({ status: 503 })))
      const begun = () => Effect.andThen(part, Effect.fail({ status: 404 }))
      yield* Effect.exit(observer.pass(open, {}, begun, { progress }))

      assert.deepStrictEqual(
        observer.calls.map((seen) => outcome(seen)),
        ["succeeded", "failed", "failed"]
      )
    })
  )

  it.effect("sees what no gate may do", () =>
    Effect.gen(function* () {
      const violations = Effect.fnUntraced(function* (pass: Pass, progress?: StreamProgress) {
        const observer = yield* Observer.make
        const part = Effect.sync(() => progress?.onChunk())
        const work = () => Effect.andThen(part, Effect.andThen(Effect.sleep(10), Effect.fail("down")))
        yield* fork(observer.pass(pass, {}, work, { progress }))
        yield* TestClock.adjust("1 second")
        return observer.violations
      })
      const twice: Pass = (_options, call) => Effect.andThen(Effect.exit(call), call)
      const beside: Pass = (_options, call) => Effect.andThen(Effect.forkDetach(Effect.delay(call, 100)), call)
      const twiceAtOnce: Pass = (_options, call) =>
        Effect.andThen(Effect.forkDetach(call, { startImmediately: true }), call)

      assert.deepStrictEqual(yield* violations(open), [])
      assert.deepStrictEqual(yield* violations(twice), [])
      assert.deepStrictEqual(yield* violations(twice, new StreamProgress()), [
        "call 1 was retried after its first chunk"
      ])
      assert.deepStrictEqual(yield* violations(beside), ["call 1 ran after its end"])
      assert.include(yield* violations(twiceAtOnce), "call 1 ran twice at the same time")
    })
  )

  it.effect("sees a call that runs in the context of another", () =>
    Effect.gen(function* () {
      const observer = yield* Observer.make
      const swapped: Array<Effect.Effect<unknown, unknown>> = []
      const swapping: Pass = (_options, call) => {
        swapped.push(call as never)
        return (swapped.length === 2 ? swapped[0]! : Effect.sleep(100)) as never
      }
      yield* fork(observer.pass(swapping, {}, () => Effect.void))
      yield* observer.pass(swapping, {}, () => Effect.void)

      assert.deepStrictEqual(observer.violations, ["call 1 ran in the context of call 2"])
      assert.strictEqual(yield* Effect.provide(Gate.pass({}, Effect.succeed(1)), Gate.layerNoop), 1)
    })
  )
})
