import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as SharedRateLimit from "../../src/shared/SharedRateLimit.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { fork, standing } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { replica, until } from "../support/replicas.ts"

/** A hundred tokens come back in two seconds. */
const limit = (perSecond: number) =>
  SharedRateLimit.layer({ perSecond, burst: 10, tokensPerMinute: 3000 }).pipe(
    Layer.provide(Layer.unwrap(Effect.map(SharedStore.memory, (store) => SharedStore.layerMemory(store)))),
    Layer.provide(Gate.layerNoop)
  )

const ask = (tokens: number) => Gate.pass({ tokens }, Effect.void)

describe("Moments for waiting calls", () => {
  const ahead = (tokensPerMinute: number) =>
    Effect.gen(function* () {
      const link = yield* SharedStore
      const before = link.view.requests
      for (const tokens of [1, 2, 3, 4, 5]) yield* fork(ask(tokens))
      return link.view.requests - before
    }).pipe(
      Effect.provide(
        SharedRateLimit.layer({ perSecond: 1000, burst: 1, tokensPerMinute }).pipe(
          Layer.provideMerge(Layer.unwrap(Effect.map(SharedStore.memory, (store) => SharedStore.layerMemory(store)))),
          Layer.provide(Gate.layerNoop)
        )
      )
    )

  it.effect("are booked ahead, unless another may wait for other tokens", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([yield* ahead(Infinity), yield* ahead(3000)], [5, 2])
    })
  )
})

describe("When a call that waits for many tokens has left", () => {
  for (const perSecond of [20, 2000]) {
    it.effect(`those behind it do not wait for its tokens, at ${perSecond} a second`, () =>
      Effect.gen(function* () {
        yield* ask(3000)
        const large = yield* fork(ask(3000))
        const small = yield* fork(ask(100))
        const other = yield* fork(ask(3000))
        yield* TestClock.adjust("1 second")

        yield* Fiber.interrupt(large)
        yield* TestClock.adjust("1100 millis")

        assert.deepStrictEqual([small, other].map(standing), ["succeeded", "pending"])
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(standing(other), "succeeded")
      }).pipe(Effect.provide(limit(perSecond)))
    )
  }

  it.live.skipIf(!hasRedis)("nor do they if it leaves before Redis has answered it", () =>
    Effect.gen(function* () {
      const { url } = yield* redis
      const stack = { requestsPerSecond: 20, burst: 10, tokensPerMinute: 3000 }
      const { pass } = yield* replica({ url, lease: 60_000 }, stack)
      const ask = (tokens: number) => pass({ tokens }, Effect.void)
      yield* ask(3000)
      const large = yield* fork(ask(3000))
      const small = yield* fork(ask(100))
      yield* Fiber.interrupt(large)

      yield* until("the small call has started", () => standing(small) === "succeeded", 20_000)
    })
  )
})
