import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { now } from "../../src/engine/Time.ts"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Link } from "../../src/shared/Link.ts"
import { MemoryStore } from "../../src/shared/MemoryStore.ts"
import type { Port } from "../../src/shared/Port.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { times } from "../support/gate.ts"
import { hasRedis, redis } from "../support/redis.ts"
import { ownTime, until } from "../support/replicas.ts"

/** Lets the whole process stand still. */
const stall = (millis: number) => {
  const until = performance.now() + millis
  while (performance.now() < until);
}

const settings = { whenDown: "local", timeout: 150, allowance: 0, lease: Infinity } as const

/** A link to a store whose answers to `beat` an effect gives. */
const linkTo = (answer: Effect.Effect<number>) =>
  Effect.flatMap(now, (clock) => {
    const store = new MemoryStore(clock).connect("a", () => {})
    const port: Port = { ...store, beat: () => Effect.map(answer, (replicas) => ({ replicas, different: [] })) }
    return Link.make("a", settings, () => Effect.succeed({ port, reconnect: Effect.void }))
  })

describe("A replica whose process stands still", () => {
  it.live("reads the answer that has come meanwhile", () =>
    Effect.gen(function* () {
      const link = yield* linkTo(Effect.succeed(1))
      let answers = 0
      // The store answers after four turns of the event loop, each of which takes the process long.
      const turns = Effect.repeat(Effect.sleep(1), { times: 3 })
      link.ask(
        () => Effect.as(turns, 0),
        () => answers++
      )
      for (const millis of [200, 160, 300, 100]) {
        stall(millis)
        yield* Effect.sleep(2)
      }

      assert.deepStrictEqual([answers, link.isUp, link.view.downs], [1, true, 0])
    })
  )

  it.live("still finds within 200 ms of its own time that a store does not answer", () =>
    Effect.gen(function* () {
      const link = yield* linkTo(Effect.succeed(1))
      const time = yield* ownTime
      const from = time()
      link.ask(() => Effect.never)
      for (let stalls = 0; link.isUp && time() - from < 5000; stalls++) {
        if (stalls < 3) stall(100)
        yield* Effect.sleep(1)
      }

      const ran = time() - from
      assert.isFalse(link.isUp)
      assert.isBelow(ran, 200)
      assert.isAbove(ran, 50)
    })
  )
})

describe.runIf(hasRedis)("A replica on Redis whose process stands still", () => {
  it.live("does not take the store for dead, in the middle of calls and heartbeats", () =>
    Effect.gen(function* () {
      const store = yield* redis
      const limits = { maxConcurrentRequests: 4, requestsPerSecond: 1000, burst: 100 }
      const replicas = yield* Effect.forEach(times(2), () =>
        Layer.build(Layer.fresh(Headgate.layerRedis({ url: store.url, lease: 2000 }, limits)))
      )
      const passed = [0, 0]
      const callers = replicas.map((context, i) => {
        const work = Effect.andThen(
          Effect.sleep(1),
          Effect.sync(() => passed[i]!++)
        )
        return Effect.forever(Context.get(context, Gate).pass({}, work))
      })
      const all = (count: number) => {
        const before = [...passed]
        return until("calls pass at both", () => passed.every((calls, i) => calls >= before[i]! + count))
      }
      const load = yield* Effect.forkChild(Effect.all(callers, { concurrency: "unbounded" }))
      for (const millis of [160, 400, 200]) {
        yield* all(20)
        stall(millis)
      }
      yield* all(50)
      assert.isUndefined(load.pollUnsafe())

      assert.deepStrictEqual(
        replicas.map((context) => Context.get(context, SharedStore).view.downs),
        [0, 0]
      )
    })
  )
})
