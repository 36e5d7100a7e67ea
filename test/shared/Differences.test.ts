import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { Link } from "../../src/shared/Link.ts"
import type { MemoryStore } from "../../src/shared/MemoryStore.ts"
import * as SharedConcurrencyLimit from "../../src/shared/SharedConcurrencyLimit.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { Gate } from "../../src/Gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { replica as onRedis, until } from "../support/replicas.ts"

const settings = { whenDown: "local", timeout: 150, allowance: 0, lease: 10_000 } as const

const storeOf = (memory: MemoryStore, id: string) =>
  Layer.effect(
    SharedStore,
    Link.make(id, settings, (listener) =>
      Effect.succeed({ port: memory.connect(id, listener), reconnect: Effect.void })
    )
  )

const linkOf = <E>(layer: Layer.Layer<SharedStore, E>) =>
  Effect.map(Layer.build(Layer.fresh(layer)), (context) => Context.get(context, SharedStore))

const logged = (lines: Array<unknown>) => Logger.layer([Logger.make(({ message }) => void lines.push(message))])

describe("Replicas of one store with different limits", () => {
  it.effect("say which limit has which value where, each once, and when it is over", () => {
    const lines: Array<unknown> = []
    return Effect.gen(function* () {
      const memory = yield* SharedStore.memory
      const permits = yield* SubscriptionRef.make(3)
      const limit = (id: string, value: number | SubscriptionRef.SubscriptionRef<number>) =>
        SharedConcurrencyLimit.layer({ permits: value, name: "east" }).pipe(
          Layer.provide(Gate.layerNoop),
          Layer.provideMerge(storeOf(memory, id))
        )
      const a = yield* linkOf(limit("a", 5))
      const b = yield* linkOf(limit("b", permits))
      yield* TestClock.adjust("3 seconds")
      const both = [a.view.differences, b.view.differences]
      yield* SubscriptionRef.set(permits, 5)
      yield* TestClock.adjust("3 seconds")

      assert.deepStrictEqual(both, [
        [{ limit: "permits of east", here: "5", elsewhere: { b: "3" } }],
        [{ limit: "permits of east", here: "3", elsewhere: { a: "5" } }]
      ])
      assert.deepStrictEqual([a.view.differences, b.view.differences], [[], []])
      assert.deepStrictEqual(lines.map(String).toSorted(), [
        "All replicas have the same limits again",
        "All replicas have the same limits again",
        "Replicas that share a store have different limits: permits of east is 3 here, 5 at a",
        "Replicas that share a store have different limits: permits of east is 5 here, 3 at b"
      ])
    }).pipe(Effect.provide(logged(lines)))
  })

  it.effect("say nothing of limits that only one of them has", () =>
    Effect.gen(function* () {
      const memory = yield* SharedStore.memory
      const links = yield* Effect.forEach(["east", "west"], (name) =>
        linkOf(
          SharedConcurrencyLimit.layer({ permits: name.length + (name === "east" ? 1 : 2), name }).pipe(
            Layer.provide(Gate.layerNoop),
            Layer.provideMerge(storeOf(memory, name))
          )
        )
      )
      yield* TestClock.adjust("3 seconds")

      for (const { view } of links) assert.deepStrictEqual(view.differences, [])
    })
  )
})

describe.runIf(hasRedis)("Replicas of one Redis with different limits", () => {
  it.live("are degraded, and tell which", () =>
    Effect.gen(function* () {
      const { url } = yield* redis
      const limits = { requestsPerSecond: 2, maxConcurrentRequests: 4 }
      const a = yield* onRedis({ url }, limits)
      const same = yield* onRedis({ url }, limits)
      const b = yield* onRedis({ url }, { ...limits, requestsPerSecond: 8, tokensPerMinute: 600 })
      yield* until("the difference is seen", () => a.link.view.differences.length === 2)

      assert.deepStrictEqual(a.link.view.differences, [
        { limit: "starts per second", here: "2", elsewhere: { [b.link.replica]: "8" } },
        { limit: "tokens per minute", here: "Infinity", elsewhere: { [b.link.replica]: "600" } }
      ])
      yield* until("all see it", () => same.link.view.differences.length === 2 && b.link.view.differences.length === 2)
      assert.deepStrictEqual(Object.keys(b.link.view.differences[0]!.elsewhere).length, 2)
      const { health } = yield* a.stats.snapshot
      assert.strictEqual(health.status, "degraded")
      const targets = yield* a.stats.targets
      const missed = targets.filter(({ met, name }) => !met && name === "store limits")
      assert.deepStrictEqual(
        missed.map(({ figure }) => figure),
        [2]
      )
    })
  )
})
