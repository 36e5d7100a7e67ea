import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { fork, times } from "../support/gate.ts"

const limits = { maxConcurrentRequests: 4, requestsPerSecond: 1000, burst: 100, maxQueueSize: 10 }

const replicas = Effect.gen(function* () {
  const store = SharedStore.layerMemory(yield* SharedStore.memory)
  const gate = Headgate.layerShared(limits).pipe(Layer.provideMerge(store))
  return yield* Effect.forEach(times(2), () =>
    Effect.map(Layer.build(Layer.fresh(gate)), (context) => ({
      pass: Context.get(context, Gate).pass,
      link: Context.get(context, SharedStore)
    }))
  )
})

describe("A permit that a call has given back", () => {
  it.effect("stays with its replica while half of all are free: calls that follow ask the store once each", () =>
    Effect.gen(function* () {
      const [one] = yield* replicas
      yield* one!.pass({}, Effect.void)
      const before = one!.link.view.requests
      for (let i = 0; i < 10; i++) {
        yield* TestClock.adjust(10)
        yield* one!.pass({}, Effect.void)
      }

      assert.strictEqual(one!.link.view.requests - before, 10)
    })
  )

  it.effect("goes to another replica as soon as a call there waits for it", () =>
    Effect.gen(function* () {
      const [one, other] = yield* replicas
      yield* one!.pass({}, Effect.void)
      let running = 0
      const work = Effect.andThen(
        Effect.sync(() => running++),
        Effect.never
      )
      yield* Effect.forEach(times(4), () => fork(other!.pass({}, work)))
      yield* TestClock.adjust(0)

      assert.strictEqual(running, 4)
    })
  )
})
