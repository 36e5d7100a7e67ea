import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import type { Pass } from "../../src/Call.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { fork, times } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { replica, until } from "../support/replicas.ts"

const work = Effect.sleep(100)

/** What binds: the rate, or the permits. */
const limits = {
  rate: { requestsPerSecond: 10, maxConcurrentRequests: 100, maxQueueSize: 2000 },
  permits: { requestsPerSecond: Infinity, maxConcurrentRequests: 2, maxQueueSize: 2000 }
} as const

/** Lets a thousand callers call at one replica and a single one at the other, again and again; counts what each started. */
const greedy = (passes: ReadonlyArray<Pass>) =>
  Effect.gen(function* () {
    const started = [0, 0]
    const caller = (i: number) =>
      Effect.forever(
        passes[i]!(
          { caller: String(i) },
          Effect.andThen(
            Effect.sync(() => started[i]!++),
            work
          )
        )
      )
    const many = yield* Effect.forEach(times(1000), () => fork(caller(0)))
    const one = yield* fork(caller(1))
    return { started, stop: Fiber.interruptAll([...many, one]) }
  })

describe("A replica with a thousand waiting calls does not starve one with a single call", () => {
  for (const [what, stack] of Object.entries(limits)) {
    it.effect(`of ${what}, in memory`, () =>
      Effect.gen(function* () {
        const store = yield* SharedStore.memory
        const gates = Headgate.layerShared(stack).pipe(Layer.provide(SharedStore.layerMemory(store)))
        const passes = yield* Effect.forEach(times(2), () =>
          Effect.map(Layer.build(Layer.fresh(gates)), (context) => Context.get(context, Gate).pass)
        )
        const { started, stop } = yield* greedy(passes)
        yield* TestClock.adjust("20 seconds")
        yield* stop

        // The single caller comes again only when its call has ended, and then waits for two or three others at most.
        assert.isAbove(started[1]! / (started[0]! + started[1]!), 0.24)
      })
    )

    it.live.skipIf(!hasRedis)(`of ${what}, on Redis`, () =>
      Effect.gen(function* () {
        const { url } = yield* redis
        const replicas = yield* Effect.forEach(times(2), () => replica({ url, lease: 60_000 }, stack))
        const { started, stop } = yield* greedy(replicas.map(({ pass }) => pass))
        yield* until("the single caller has had its turns", () => started[1]! >= 10, 15_000)
        yield* stop

        // As in memory, but for the time of the requests.
        assert.isAtLeast(started[1]! / (started[0]! + started[1]!), 0.2)
      })
    )
  }
})
