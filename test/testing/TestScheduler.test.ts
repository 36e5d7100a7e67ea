import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestScheduler } from "../../src/testing/TestScheduler.ts"

const settle = Effect.flatMap(TestScheduler.current, (scheduler) => scheduler!.settle)

describe("TestScheduler", () => {
  it.effect("settles when no fiber can run, however often fibers yield", () =>
    Effect.gen(function* () {
      let turns = 0
      yield* Effect.forkChild(
        Effect.repeat(
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => turns++)
          ),
          { times: 2999 }
        )
      )
      yield* settle

      assert.strictEqual(turns, 3000)
    }).pipe(TestScheduler.run)
  )

  it.effect("waits for guarantees that only need their turn", () =>
    Effect.gen(function* () {
      let hops = 0
      const hop = Effect.promise(async () => {
        for (let i = 0; i < 5; i++) await Promise.resolve()
        hops++
      })
      yield* Effect.forkChild(Effect.repeat(hop, { times: 9 }))
      yield* settle

      assert.strictEqual(hops, 10)
    }).pipe(TestScheduler.run)
  )

  it.effect("gives up on a fiber that never suspends, and does not block the event loop", () =>
    Effect.gen(function* () {
      yield* Effect.forkChild(Effect.forever(Effect.yieldNow))
      const timer = yield* Effect.forkChild(Effect.promise(() => new Promise<void>((done) => void setTimeout(done, 1))))
      yield* settle
      yield* Effect.yieldNow
      while (timer.pollUnsafe() === undefined) yield* Effect.yieldNow

      assert.isDefined(timer.pollUnsafe())
    }).pipe(TestScheduler.run)
  )
})
