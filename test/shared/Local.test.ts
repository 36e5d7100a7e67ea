import { assert, describe, it } from "@effect/vitest"
import { Clock, Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Link, type WhenDown } from "../../src/shared/Link.ts"
import type { MemoryStore } from "../../src/shared/MemoryStore.ts"
import { type Port, StoreError } from "../../src/shared/Port.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { fork, times } from "../support/gate.ts"

/** Whether a way to the store is cut. */
interface Way {
  isCut: boolean
}

const through = (way: Way, port: Port): Port => {
  const cut = <A>(request: Effect.Effect<A, StoreError>) =>
    Effect.suspend(() => (way.isCut ? Effect.fail(new StoreError({ cause: "cut" })) : request))
  return {
    reserve: (request) => cut(port.reserve(request)),
    putBack: (request, slot) => cut(port.putBack(request, slot)),
    coolDown: (name, millis) => cut(port.coolDown(name, millis)),
    permits: (holding, start) => cut(port.permits(holding, start)),
    circuit: (rules, event) => cut(port.circuit(rules, event)),
    beat: (beat) => cut(port.beat(beat)),
    figures: cut(port.figures),
    leave: cut(port.leave)
  }
}

const lease = 3000

/** A gate of a replica, and the way to its store. */
const replica = (store: MemoryStore, id: string, limits: Headgate.Options, whenDown: WhenDown = "local") =>
  Effect.gen(function* () {
    const way: Way = { isCut: false }
    const link = Layer.effect(
      SharedStore,
      Link.make(id, { whenDown, timeout: 150, allowance: 0, lease }, (listener) =>
        Effect.succeed({ port: through(way, store.connect(id, listener)), reconnect: Effect.void })
      )
    )
    const context = yield* Layer.build(Layer.fresh(Headgate.layerShared(limits).pipe(Layer.provideMerge(link))))
    return { way, pass: Context.get(context, Gate).pass, link: Context.get(context, SharedStore) }
  })

const two = (limits: Headgate.Options) =>
  Effect.flatMap(SharedStore.memory, (store) => Effect.forEach(["a", "b"], (id) => replica(store, id, limits)))

describe("A replica whose store does not answer", () => {
  it.effect("starts no more calls with the others than the limit, at the moment of the failure too", () =>
    Effect.gen(function* () {
      const replicas = yield* two({ requestsPerSecond: 10, maxConcurrentRequests: 100, maxQueueSize: 100 })
      const starts: Array<number> = []
      const note = Effect.map(Clock.currentTimeMillis, (at) => void starts.push(at))
      for (const { pass } of replicas) yield* fork(Effect.forever(pass({}, note)))
      // The replicas know of each other with the second heartbeat.
      yield* TestClock.adjust("3 seconds")
      const before = starts.length
      yield* TestClock.adjust(440)
      for (const { way } of replicas) way.isCut = true
      yield* TestClock.adjust("5 seconds")

      assert.deepStrictEqual(
        replicas.map(({ link }) => link.isUp),
        [false, false]
      )
      for (let from = before; from < starts.length; from++)
        for (let to = from; to < starts.length; to++)
          assert.isAtMost(to - from, (starts[to]! - starts[from]!) / 100 + 0.1, `${starts.slice(from, to + 1)}`)
      assert.isAtLeast(starts.length - before, 50)
    })
  )

  it.effect("holds no more permits than the store counts for it, until its lease has ended", () =>
    Effect.gen(function* () {
      const limits = { requestsPerSecond: Infinity, maxConcurrentRequests: 4, maxQueueSize: 100 } as const
      const [a, b] = yield* two(limits)
      const running = [0, 0]
      const call = (i: number) =>
        Effect.acquireUseRelease(
          Effect.sync(() => running[i]!++),
          () => Effect.never,
          () => Effect.sync(() => running[i]!--)
        )
      yield* TestClock.adjust("2 seconds")
      yield* fork(a!.pass({}, call(0)))
      yield* Effect.forEach(times(3), () => fork(b!.pass({}, call(1))))
      yield* TestClock.adjust("2 seconds")
      a!.way.isCut = true
      yield* Effect.forEach([a!, b!], ({ pass }, i) => Effect.forEach(times(5), () => fork(pass({}, call(i)))))
      yield* TestClock.adjust(lease - 1000)
      const leased = [...running]
      yield* TestClock.adjust("2 seconds")

      assert.deepStrictEqual(leased, [1, 3])
      // Now the store has given its permit away, and the replica has its share: half of the limit.
      assert.deepStrictEqual(running, [2, 4])
    })
  )

  it.effect("waits a second for a permit if the others held all, and then has one in any case", () =>
    Effect.gen(function* () {
      const [a, b] = yield* two({ requestsPerSecond: Infinity, maxConcurrentRequests: 4, maxQueueSize: 100 })
      yield* TestClock.adjust("2 seconds")
      yield* Effect.forEach(times(4), () => fork(b!.pass({}, Effect.never)))
      yield* TestClock.adjust("2 seconds")
      a!.way.isCut = true
      let started = 0
      const call = Effect.andThen(
        Effect.sync(() => started++),
        Effect.never
      )
      yield* Effect.forEach(times(3), () => fork(a!.pass({}, call)))
      yield* TestClock.adjust("800 millis")
      const early = started
      yield* TestClock.adjust("800 millis")

      assert.deepStrictEqual([early, started], [0, 1])
    })
  )

  it.effect("has its share at once of permits that nobody held", () =>
    Effect.gen(function* () {
      const [a] = yield* two({ requestsPerSecond: Infinity, maxConcurrentRequests: 6, maxQueueSize: 100 })
      yield* TestClock.adjust("2 seconds")
      a!.way.isCut = true
      let started = 0
      const call = Effect.andThen(
        Effect.sync(() => started++),
        Effect.never
      )
      const calls = yield* Effect.forEach(times(6), () => fork(a!.pass({}, call)))
      yield* TestClock.adjust("200 millis")
      yield* Effect.forEach(calls, Fiber.interrupt)

      assert.strictEqual(started, 3)
    })
  )
})
