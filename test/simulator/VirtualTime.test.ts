import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Queue } from "effect"
import * as VirtualTime from "../../src/simulator/VirtualTime.ts"

const elapsed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const from = yield* Clock.monotonicTimeNanos
    yield* effect
    return Number((yield* Clock.monotonicTimeNanos) - from) / 1e6
  })

describe("Virtual time", () => {
  it.live("a day passes at once", () =>
    Effect.gen(function* () {
      const real = yield* elapsed(
        Effect.gen(function* () {
          assert.strictEqual(yield* VirtualTime.run(elapsed(Effect.sleep("1 day"))), 86_400_000)
        })
      )

      assert.isBelow(real, 1000)
    })
  )

  it.live("sleepers wake in the order of their moments, and those of one moment as they lay down", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const sleeper = (name: string, millis: number) =>
        Effect.delay(
          Effect.sync(() => void order.push(name)),
          millis
        )
      yield* VirtualTime.run(
        Effect.all([sleeper("c", 20), sleeper("a", 10), sleeper("d", 20.000001), sleeper("b", 10)], {
          concurrency: "unbounded"
        })
      )

      assert.deepStrictEqual(order, ["a", "b", "c", "d"])
    })
  )

  it.live("time stands still while a fiber is busy, however often it yields", () =>
    Effect.gen(function* () {
      const busy = Effect.repeat(Effect.yieldNow, { times: 1000 })
      const seen = yield* VirtualTime.run(
        Effect.gen(function* () {
          const other = yield* Effect.forkChild(Effect.sleep("1 hour"))
          yield* busy
          const now = yield* Clock.monotonicTimeNanos
          yield* Fiber.interrupt(other)
          return now
        })
      )

      assert.strictEqual(seen, 0n)
    })
  )

  it.live("a sleeper that is interrupted holds nobody up, and a timeout cuts at its moment", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const sleeper = yield* Effect.forkChild(Effect.sleep("1 day"))
        const exit = yield* Effect.exit(Effect.timeout(Effect.never, "2 seconds"))
        yield* Fiber.interrupt(sleeper)
        assert.isTrue(Exit.isFailure(exit))
        yield* Effect.sleep("1 second")
      })

      assert.strictEqual(yield* VirtualTime.run(elapsed(program)), 3000)
    })
  )

  it.live("fibers that hand over to each other keep their moments", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const queue = yield* Queue.unbounded<number>()
        const taken: Array<readonly [number, bigint]> = []
        yield* Effect.forkChild(
          Effect.forever(
            Effect.gen(function* () {
              const item = yield* Queue.take(queue)
              yield* Effect.sleep(5)
              taken.push([item, (yield* Clock.monotonicTimeNanos) / 1_000_000n])
            })
          )
        )
        for (let i = 0; i < 3; i++) {
          yield* Queue.offer(queue, i)
          yield* Effect.sleep(10)
        }
        return taken
      })

      assert.deepStrictEqual(yield* VirtualTime.run(program), [
        [0, 5n],
        [1, 15n],
        [2, 25n]
      ])
    })
  )

  it.live("a fiber outside may wake one inside", () =>
    Effect.gen(function* () {
      const signal = yield* Deferred.make<void>()
      const program = Effect.andThen(Deferred.await(signal), elapsed(Effect.sleep("1 hour")))
      const inside = yield* Effect.forkChild(VirtualTime.run(program))
      yield* Effect.sleep(5)
      yield* Deferred.succeed(signal, undefined)

      assert.strictEqual(yield* Fiber.join(inside), 3_600_000)
    })
  )

  it.live("the same program has the same times again", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        yield* Effect.sleep(1234.5)
        return yield* Clock.currentTimeMillis
      })

      assert.strictEqual(yield* VirtualTime.run(program), yield* VirtualTime.run(program))
    })
  )
})
