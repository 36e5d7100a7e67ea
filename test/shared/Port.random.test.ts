import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Random } from "effect"
import { now } from "../../src/engine/Time.ts"
import { MemoryStore } from "../../src/shared/MemoryStore.ts"
import type { Holding, Message } from "../../src/shared/Port.ts"
import * as RedisStore from "../../src/shared/RedisStore.ts"
import { times } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"

const replicas = 3
const limit = 6

/** What a replica knows, and says of itself next. */
class Holder {
  granted = 0
  released = 0
  wants: ReadonlyArray<number> = []

  step = Effect.gen({ self: this }, function* () {
    const held = this.granted - this.released
    this.released += yield* Random.nextIntBetween(0, held)
    const count = yield* Random.nextIntBetween(0, 2)
    this.wants = yield* Effect.forEach(times(count), () => Random.nextIntBetween(1, 3))
    const extra = (yield* Random.nextBoolean) ? 0 : yield* Random.nextIntBetween(0, 2)
    const { granted, released, wants } = this
    return { name: "a", limit, granted, released, wants, extra, lease: 60_000 } satisfies Holding
  })
}

describe.runIf(hasRedis)("The state that replicas share", () => {
  it.live("is the same in memory and on Redis after each of a thousand random requests for permits", () =>
    Effect.gen(function* () {
      const memory = new MemoryStore(yield* now)
      const { url } = yield* redis
      const told = { memory: [] as Array<unknown>, redis: [] as Array<unknown> }
      const last = yield* Effect.forEach(times(replicas), () => Deferred.make<void>())
      const hears = (to: keyof typeof told, id: number) => (message: Message) => {
        told[to].push([id, message])
        if (to === "redis" && message._tag === "cooldown") Deferred.doneUnsafe(last[id]!, Effect.void)
      }
      const stores = yield* Effect.forEach(times(replicas), (id) =>
        Effect.map(
          RedisStore.connect({ url, prefix: "test", replica: String(id) }, hears("redis", id)),
          ({ port }) => [memory.connect(String(id), hears("memory", id)), port] as const
        )
      )
      const holders = times(replicas).map(() => new Holder())

      for (let i = 0; i < 1000; i++) {
        const id = yield* Random.nextIntBetween(0, replicas - 1)
        const holder = holders[id]!
        const holding = yield* holder.step
        const [expected, actual] = yield* Effect.all(stores[id]!.map((port) => port.permits(holding)))
        assert.deepStrictEqual(actual, expected, `of replica ${id} at ${i}: ${JSON.stringify(holding)}`)
        // A replica may not have seen what it was granted.
        if (yield* Random.nextBoolean) holder.granted = expected!.granted
      }
      // What all are told last comes after all the rest.
      for (const port of stores.flat()) yield* port.beat({ lease: 60_000, figures: "", limits: "" })
      for (const port of stores[0]!) yield* port.coolDown("a", 1)
      yield* Effect.forEach(last, Deferred.await)
      const sorted = (all: ReadonlyArray<unknown>) => all.map((one) => JSON.stringify(one)).toSorted()
      assert.deepStrictEqual(sorted(told.redis), sorted(told.memory))
    }).pipe(Random.withSeed("permits"))
  )
})
