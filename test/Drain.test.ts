import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Scope, Exit } from "effect"
import { TestClock } from "effect/testing"
import { Drain, Draining } from "../src/Drain.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as AdmissionQueue from "../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { fork, gate, Observer, standing, steps, warmClock } from "./support/gate.ts"

const options = {}
const queue = (drain: Drain, capacity = 10) =>
  gate(
    AdmissionQueue.layer({ capacity }).pipe(
      Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
      Layer.provide(Layer.succeed(Draining, drain))
    )
  )

describe("Drain", () => {
  it.effect("S16: new calls are refused at once, those inside may end, and at the end all are settled", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const pass = yield* queue(drain)
      const observer = new Observer()
      const send = (name: string, work: Effect.Effect<void>) => fork(pass(options, observer.call(name, work)))
      const first = yield* send("first", Effect.sleep("3 seconds"))
      const second = yield* send("second", Effect.sleep("10 seconds"))
      const third = yield* send("third", Effect.void)
      const fourth = yield* send("fourth", Effect.void)

      yield* drain.begin
      const late = yield* send("late", Effect.void)
      assert.strictEqual(standing(late), "ShuttingDown")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([first, second, third, fourth].map(standing), [
        "succeeded",
        "pending",
        "pending",
        "pending"
      ])
      yield* drain.end
      yield* steps(10)

      assert.deepStrictEqual([second, third, fourth].map(standing), Array(3).fill("ShuttingDown"))
      assert.deepStrictEqual([observer.started, observer.running], [["first", "second"], 0])
      assert.strictEqual(standing(yield* send("later", Effect.void)), "ShuttingDown")
    })
  )

  it.effect("a running call that is ended runs its finalizers before it settles", () =>
    Effect.gen(function* () {
      yield* warmClock
      const drain = new Drain()
      const pass = yield* queue(drain)
      const running = yield* fork(
        pass(
          options,
          Effect.onInterrupt(Effect.never, () => Effect.sleep("1 second"))
        )
      )

      yield* drain.end
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(standing(running), "pending")
      yield* TestClock.adjust("1 millis")

      assert.strictEqual(standing(running), "ShuttingDown")
    })
  )

  it.effect("the end without a beginning refuses new calls too", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const pass = yield* queue(drain)

      yield* drain.end

      assert.strictEqual(standing(yield* fork(pass(options, Effect.void))), "ShuttingDown")
    })
  )

  it.effect("a queue without places drains as well", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const pass = yield* queue(drain, 0)
      const running = yield* fork(pass(options, Effect.never))

      yield* drain.end
      yield* steps(10)

      assert.strictEqual(standing(running), "ShuttingDown")
    })
  )

  it.effect("a call that has ended, or a queue that is gone, is not ended again", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      const scope = yield* Scope.make()
      const pass = yield* Scope.provide(queue(drain), scope)
      const ended = yield* fork(pass(options, Effect.yieldNow))
      yield* Fiber.join(ended)
      const running = yield* fork(pass(options, Effect.never))

      yield* Scope.close(scope, Exit.void)
      yield* drain.end
      yield* steps(10)

      assert.strictEqual(standing(ended), "succeeded")
      assert.strictEqual(standing(running), "pending")
    })
  )
})
