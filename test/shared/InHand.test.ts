import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Link } from "../../src/shared/Link.ts"
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

/** A replica that may take so many permits and starts in advance, and knows how many replicas there are. */
const withAllowance = (allowance: number, limits: Headgate.Options) =>
  Effect.gen(function* () {
    const store = yield* SharedStore.memory
    return (id: string) => {
      const settings = { whenDown: "local", timeout: 150, allowance, lease: 10_000 } as const
      const link = Link.make(id, settings, (listener) =>
        Effect.succeed({ port: store.connect(id, listener), reconnect: Effect.void })
      )
      const gate = Headgate.layerShared(limits).pipe(Layer.provideMerge(Layer.effect(SharedStore, link)))
      return Effect.map(Layer.build(Layer.fresh(gate)), (context) => ({
        pass: Context.get(context, Gate).pass,
        link: Context.get(context, SharedStore)
      }))
    }
  })

describe("Permits that replicas keep in hand", () => {
  it.effect(
    "leave room for all of them, so that calls of each ask nothing, though their allowances exceed the limit",
    () =>
      Effect.gen(function* () {
        const limits = { maxConcurrentRequests: 100, requestsPerSecond: 1000, burst: 1000, maxQueueSize: 10 }
        const replica = yield* withAllowance(50, limits)
        const all = yield* Effect.forEach(times(8), (i) => replica(`replica ${i}`))
        // The replicas know of each other with the second heartbeat.
        yield* TestClock.adjust("2 seconds")
        const each = Effect.forEach(all, ({ pass }) => pass({}, Effect.void))
        yield* each
        const before = all.map(({ link }) => link.view.requests)
        for (let i = 0; i < 20; i++) yield* each

        assert.deepStrictEqual(
          all.map(({ link }, i) => link.view.requests - before[i]!),
          times(8).map(() => 0)
        )
      })
  )

  it.effect("are all of the allowance where there is one replica", () =>
    Effect.gen(function* () {
      const replica = yield* withAllowance(50, {
        maxConcurrentRequests: 50,
        requestsPerSecond: Infinity,
        maxQueueSize: 50
      })
      const { link, pass } = yield* replica("only")
      yield* pass({}, Effect.void)
      const before = link.view.requests
      yield* Effect.forEach(times(50), () => fork(pass({}, Effect.never)))

      // Starts are taken in advance twice more, half of the allowance at a time.
      assert.strictEqual(link.view.requests - before, 2)
    })
  )
})
