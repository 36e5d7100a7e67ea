import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted } from "effect"
import { fork, reasonOf, times } from "../support/gate.ts"
import { proxy } from "../support/proxy.ts"
import { hasRedis, redis } from "../support/redis.ts"
import {
  faults,
  heard,
  heartbeat,
  isUp,
  limits,
  ownTime,
  type Replica,
  replica,
  running,
  until
} from "../support/replicas.ts"

const answer = Effect.succeed("an answer")

describe.runIf(hasRedis)("A store that fails", () => {
  for (const what of ["is killed and comes back empty", "is cut off"]) {
    const fault = faults[what]!
    it.live(`that ${what}: each replica goes on with its share, says so, and heals by itself`, () =>
      Effect.gen(function* () {
        const store = yield* redis
        const way = yield* proxy(store.port)
        const url = Redacted.make(`redis://127.0.0.1:${way.port}`)
        const replicas = yield* Effect.forEach(times(2), () => replica({ url }))
        yield* Effect.forEach(replicas, ({ link }) => until("both are known", () => link.view.replicas === 2))
        const { begin, end } = fault(store, way)
        const time = yield* ownTime

        yield* begin
        const at = time()
        assert.strictEqual(yield* replicas[0]!.pass({}, answer), "an answer")
        const took = time() - at
        yield* Effect.forEach(replicas, isUp(false))
        const loads = yield* Effect.forEach(replicas, (one) => running(one, 6))
        yield* until("each has its share", () => loads.every(({ count }) => count() >= 2))
        const shares = loads.map(({ count }) => count())
        const snapshot = yield* replicas[0]!.stats.snapshot
        const targets = yield* replicas[0]!.stats.targets
        yield* end
        yield* Effect.forEach(replicas, isUp(true))
        // 2 and 2 of 4 are held, so nobody starts until one has ended.
        yield* Effect.forEach(replicas, heard)
        const healed = loads.map(({ count }) => count())
        yield* loads[0]!.stop
        yield* until("the permits of one go to the other", () => loads[1]!.count() === 4)
        yield* loads[1]!.stop

        assert.isBelow(took, 200)
        assert.deepStrictEqual(
          [shares, healed],
          [
            [2, 2],
            [2, 2]
          ]
        )
        const { store: told } = snapshot as unknown as { store: object }
        assert.include(told, { state: "down", whenDown: "local", replicas: 2 })
        assert.isFalse(targets.find(({ name }) => name === "store")?.met)
      })
    )
  }

  it.live("with `refuse` refuses calls that come and calls that wait, and heals", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const one = yield* replica({ url: store.url, whenDown: "refuse" })
      const load = yield* running(one, 4)
      yield* until("all permits are held", () => load.count() === 4)
      const waiting = yield* fork(Effect.exit(one.pass({}, answer)))

      yield* Effect.promise(() => store.kill())
      const waited = yield* Fiber.join(waiting)
      const came = yield* Effect.exit(one.pass({}, answer))
      yield* Effect.promise(() => store.start())
      yield* isUp(true)(one)
      yield* load.stop
      const after = yield* one.pass({}, answer)

      assert.deepStrictEqual(
        [waited, came].map(reasonOf).map((reason) => reason?._tag),
        ["RateLimited", "RateLimited"]
      )
      assert.strictEqual(after, "an answer")
    })
  )

  it.live("with `open` lets every call pass", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const one = yield* replica({ url: store.url, whenDown: "open" })

      yield* Effect.promise(() => store.kill())
      const load = yield* running(one, 20)
      yield* until("all run", () => load.count() === 20)
      yield* load.stop
    })
  )

  it.live("from the start on: the replica waits for no store, and joins it once it is there", () =>
    Effect.gen(function* () {
      const store = yield* redis
      yield* Effect.promise(() => store.kill())
      const one = yield* replica({ url: store.url })

      const before = yield* one.pass({}, answer)
      assert.isFalse(one.link.isUp)
      yield* Effect.promise(() => store.start())
      yield* isUp(true)(one)

      assert.deepStrictEqual([before, yield* one.pass({}, answer)], ["an answer", "an answer"])
    })
  )

  it.live(
    "that forgets everything, scripts included: permits that are held are known again with the next heartbeat",
    () =>
      Effect.gen(function* () {
        const store = yield* redis
        const [a, b] = yield* Effect.forEach(times(2), () => replica({ url: store.url }))
        const load = yield* running(a!, 4)
        yield* until("all permits are held", () => load.count() === 4)

        yield* Effect.promise(() => store.flush())
        yield* heartbeat(a!)
        const second = yield* running(b!, 4)
        yield* heard(b!)
        const beside = second.count()
        yield* load.stop
        yield* until("the permits are free", () => second.count() === 4)
        yield* second.stop

        assert.strictEqual(beside, 0)
      })
  )

  it.live("an open circuit stays open while the store is down", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const breaking = { ...limits, maxRetries: 0, circuitBreaker: { maxFailures: 2, timeout: "1 minute" } } as const
      const [a, b] = yield* Effect.forEach(times(2), () => replica({ url: store.url }, breaking))
      const fail = Effect.fail({ status: 500 })
      const open = new Set<Replica>()
      for (const each of [a!, b!]) {
        each.stats.onEvent((event) => event._tag === "Circuit" && event.state === "open" && open.add(each))
      }

      yield* Effect.exit(a!.pass({}, fail))
      yield* Effect.exit(b!.pass({}, fail))
      // A failure is reported beside the call, so the replicas hear of the opening a moment later.
      yield* until("both replicas know that the circuit is open", () => open.size === 2)
      const opened = yield* Effect.exit(a!.pass({}, answer))
      yield* Effect.promise(() => store.kill())
      yield* isUp(false)(b!)
      const still = yield* Effect.exit(b!.pass({}, answer))

      assert.deepStrictEqual(
        [opened, still].map(reasonOf).map((reason) => reason?._tag),
        ["CircuitOpen", "CircuitOpen"]
      )
      assert.isTrue(Exit.isFailure(opened))
    })
  )

  it.live("what a closed replica held is free at once", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const b = yield* replica({ url: store.url, lease: 60_000 })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const a = yield* replica({ url: store.url, lease: 60_000, allowance: 4 })
          const calls = yield* running(a, 4)
          yield* until("all run", () => calls.count() === 4)
          yield* calls.stop
        })
      )

      const load = yield* running(b, 4)
      yield* until("all permits are free", () => load.count() === 4, 2000)
      yield* load.stop
    })
  )

  it.live("permits go to another replica as soon as the calls of one end or leave", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const [a, b] = yield* Effect.forEach(times(2), () => replica({ url: store.url, lease: 60_000, allowance: 2 }))
      const first = yield* running(b!, 8)
      yield* until("all permits are held", () => first.count() === 4)
      const second = yield* running(a!, 8)
      yield* heard(a!)
      yield* first.stop
      yield* until("all permits have gone over", () => second.count() === 4, 2000)
      yield* second.stop

      const third = yield* running(b!, 4)
      yield* until("all permits have come back", () => third.count() === 4, 2000)
      yield* third.stop
    })
  )
})
