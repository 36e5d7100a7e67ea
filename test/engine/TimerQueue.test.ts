import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { TimerQueue, Timer } from "../../src/engine/TimerQueue.ts"
import { sleepers } from "../support/policies.ts"
import { runs } from "../support/runs.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Rings once, so many milliseconds from now. */
const after = (timers: TimerQueue, millis: number, fire: () => void): Timer => {
  const timer = new Timer(fire)
  timers.set(timer, timers.now(), millis)
  return timer
}

describe("TimerQueue", () => {
  it.effect.prop(
    "fires each entry once, at its moment, unless it was cancelled",
    { entries: Schema.Array(Schema.Struct({ at: between(1, 100), cancelled: Schema.Boolean })) },
    ({ entries }) =>
      Effect.gen(function* () {
        const timers = yield* TimerQueue.make
        const fired: Array<number> = []
        const set = entries.map(({ at }, index) => after(timers, at, () => void fired.push(index)))
        entries.forEach(({ cancelled }, index) => {
          if (cancelled) timers.cancel(set[index]!)
        })
        for (let now = 1; now <= 100; now++) {
          yield* TestClock.adjust(1)
          const due = entries.filter(({ at, cancelled }) => at <= now && !cancelled)
          assert.strictEqual(fired.length, due.length)
        }
        assert.deepStrictEqual(
          fired,
          entries
            .map(({ at, cancelled }, index) => ({ at, cancelled, index }))
            .filter(({ cancelled }) => !cancelled)
            .sort((a, b) => a.at - b.at || a.index - b.index)
            .map(({ index }) => index)
        )
      }),
    { arbitrary: { runs: runs(50, 500), size: 60 } }
  )

  it.effect("keeps the lanes of a few durations, and forgets those of more once they are empty", () =>
    Effect.gen(function* () {
      const timers = yield* TimerQueue.make
      const laneOf = (millis: number) => {
        const timer = after(timers, millis, () => {})
        const { lane } = timer
        timers.cancel(timer)
        return lane
      }

      const first = laneOf(1)
      for (let millis = 2; millis <= 16; millis++) laneOf(millis)
      assert.strictEqual(laneOf(1), first)
      assert.strictEqual(laneOf(16), laneOf(16))
      assert.notStrictEqual(laneOf(17), laneOf(17))
    })
  )

  it.effect("an entry may set another as it fires", () =>
    Effect.gen(function* () {
      const timers = yield* TimerQueue.make
      const fired: Array<string> = []
      after(timers, 10, () => {
        fired.push("first")
        after(timers, 10, () => void fired.push("second"))
        after(timers, 0, () => void fired.push("at once"))
      })
      yield* TestClock.adjust(20)

      assert.deepStrictEqual(fired, ["first", "at once", "second"])
    })
  )

  it.effect(
    "one sleeper serves any number of entries, and falls silent when its scope has closed and all have fired",
    () =>
      Effect.gen(function* () {
        const { provide, seen } = yield* sleepers
        let fired = 0
        yield* Effect.gen(function* () {
          const timers = yield* TimerQueue.make
          for (let at = 1000; at > 0; at--) after(timers, at, () => void fired++)
          yield* TestClock.adjust(500)
          assert.strictEqual(seen.sleeping, 1)
        }).pipe(Effect.scoped, provide)

        yield* TestClock.adjust(500)
        assert.strictEqual(fired, 1000)
        yield* TestClock.adjust(100)
        assert.strictEqual(seen.sleeping, 0)
      })
  )

  it.effect("entries that are cancelled soon, one after the other, share a sleeper", () =>
    Effect.gen(function* () {
      const { provide, seen } = yield* sleepers
      yield* Effect.gen(function* () {
        const timers = yield* TimerQueue.make
        for (const millis of [1, 50, 100, 60_000]) {
          const before = seen.begun
          for (let times = 0; times < 100; times++) timers.cancel(after(timers, millis, () => {}))
          assert.isAtMost(seen.begun - before, 2)
          yield* TestClock.adjust(100)
        }
      }).pipe(Effect.scoped, provide)
    })
  )

  it.effect("nothing sleeps for long once every entry was cancelled", () =>
    Effect.gen(function* () {
      const { provide, seen } = yield* sleepers
      yield* Effect.gen(function* () {
        const timers = yield* TimerQueue.make
        timers.cancel(after(timers, 60_000, () => {}))
        assert.strictEqual(seen.sleeping, 1)
        yield* TestClock.adjust(100)
        assert.strictEqual(seen.sleeping, 0)

        const fired: Array<number> = []
        timers.cancel(after(timers, 60_000, () => {}))
        after(timers, 90, () => void fired.push(90))
        after(timers, 250, () => void fired.push(250))
        yield* TestClock.adjust(250)
        assert.deepStrictEqual(fired, [90, 250])
      }).pipe(Effect.scoped, provide)
    })
  )
})
