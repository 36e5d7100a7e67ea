import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ConcurrencyLimit, Gate, type Pass, StreamProgress, AdmissionQueue } from "../../src/index.ts"
import { Observer, outcome, refusal } from "../../src/testing.ts"
import { fork, gate } from "../support/gate.ts"

const open: Pass = (_ask, call) => call

describe("Observer", () => {
  it.effect("sees who waits, runs and ends, and the most at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        AdmissionQueue.layer({ capacity: 1 }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 2 })))
      )
      const observer = yield* Observer.make
      const call = (permits: number) => fork(observer.pass(pass, { permits }, () => Effect.sleep("1 second")))
      yield* call(2)
      const waiter = yield* call(1)
      yield* call(1)
      assert.deepStrictEqual([observer.running.length, observer.waiting.length, observer.used], [1, 1, 2])
      yield* TestClock.adjust("1500 millis")
      observer.leaves(observer.calls[1]!)
      yield* Fiber.interrupt(waiter)

      assert.deepStrictEqual(
        observer.calls.map((seen) => outcome(seen)),
        ["succeeded", "cancelled", "rejected"]
      )
      assert.strictEqual(refusal(observer.calls[2]!)?._tag, "QueueFull")
      assert.deepStrictEqual([observer.peak, observer.used, observer.starts, observer.wrongs], [2, 0, [0, 1000], []])
      assert.deepStrictEqual(
        observer.log.lines.filter((line) => line.includes("call 2")),
        [
          "   0 ms  call 2 arrives",
          "1000 ms  call 2 starts",
          "1500 ms  call 2 is interrupted: its caller leaves",
          "1500 ms  call 2 stops at the model: interrupted",
          "1500 ms  call 2 ends: interrupted"
        ]
      )
    })
  )

  it.effect("takes an error that finds fault with the request for an answer, unless a part of one had come", () =>
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
      const wrongs = Effect.fnUntraced(function* (pass: Pass, progress?: StreamProgress) {
        const observer = yield* Observer.make
        const part = Effect.sync(() => progress?.onChunk())
        const work = () => Effect.andThen(part, Effect.andThen(Effect.sleep(10), Effect.fail("down")))
        yield* fork(observer.pass(pass, {}, work, { progress }))
        yield* TestClock.adjust("1 second")
        return observer.wrongs
      })
      const twice: Pass = (_ask, call) => Effect.andThen(Effect.exit(call), call)
      const beside: Pass = (_ask, call) => Effect.andThen(Effect.forkDetach(Effect.delay(call, 100)), call)
      const twiceAtOnce: Pass = (_ask, call) =>
        Effect.andThen(Effect.forkDetach(call, { startImmediately: true }), call)

      assert.deepStrictEqual(yield* wrongs(open), [])
      assert.deepStrictEqual(yield* wrongs(twice), [])
      assert.deepStrictEqual(yield* wrongs(twice, new StreamProgress()), [
        "call 1 was made again after a first part of its answer had come"
      ])
      assert.deepStrictEqual(yield* wrongs(beside), ["call 1 ran after its end"])
      assert.include(yield* wrongs(twiceAtOnce), "call 1 ran twice at the same time")
    })
  )

  it.effect("sees a call in a context that is not its own", () =>
    Effect.gen(function* () {
      const observer = yield* Observer.make
      const swapped: Array<Effect.Effect<unknown, unknown>> = []
      const swapping: Pass = (_ask, call) => {
        swapped.push(call as never)
        return (swapped.length === 2 ? swapped[0]! : Effect.sleep(100)) as never
      }
      yield* fork(observer.pass(swapping, {}, () => Effect.void))
      yield* observer.pass(swapping, {}, () => Effect.void)

      assert.deepStrictEqual(observer.wrongs, ["call 1 ran in the context of call 2"])
      assert.strictEqual(yield* Effect.provide(Gate.pass({}, Effect.succeed(1)), Gate.layerNoop), 1)
    })
  )
})
