import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Alarm, Bell } from "../../src/internal/Alarm.ts"
import { sleepers } from "../support/policies.ts"
import { runs } from "../support/runs.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** Rings once, so many milliseconds from now. */
const after = (alarm: Alarm, millis: number, ring: () => void): Bell => {
  const bell = new Bell(ring)
  alarm.add(bell, alarm.now(), millis)
  return bell
}

describe("Alarm", () => {
  it.effect.prop(
    "rings each entry once, at its moment, unless it was cancelled",
    { entries: Schema.Array(Schema.Struct({ at: between(1, 100), cancelled: Schema.Boolean })) },
    ({ entries }) =>
      Effect.gen(function* () {
        const alarm = yield* Alarm.make
        const rung: Array<number> = []
        const set = entries.map(({ at }, index) => after(alarm, at, () => void rung.push(index)))
        entries.forEach(({ cancelled }, index) => {
          if (cancelled) alarm.cancel(set[index]!)
        })
        for (let now = 1; now <= 100; now++) {
          yield* TestClock.adjust(1)
          const due = entries.filter(({ at, cancelled }) => at <= now && !cancelled)
          assert.strictEqual(rung.length, due.length)
        }
        assert.deepStrictEqual(
          rung,
          entries
            .map(({ at, cancelled }, index) => ({ at, cancelled, index }))
            .filter(({ cancelled }) => !cancelled)
            .sort((a, b) => a.at - b.at || a.index - b.index)
            .map(({ index }) => index)
        )
      }),
    { arbitrary: { runs: runs(50, 500), size: 60 } }
  )

  it.effect("an entry may set another as it rings", () =>
    Effect.gen(function* () {
      const alarm = yield* Alarm.make
      const rung: Array<string> = []
      after(alarm, 10, () => {
        rung.push("first")
        after(alarm, 10, () => void rung.push("second"))
        after(alarm, 0, () => void rung.push("at once"))
      })
      yield* TestClock.adjust(20)

      assert.deepStrictEqual(rung, ["first", "at once", "second"])
    })
  )

  it.effect("one sleeper serves any number of entries, and falls silent with its scope", () =>
    Effect.gen(function* () {
      const { provide, seen } = yield* sleepers
      yield* Effect.gen(function* () {
        const alarm = yield* Alarm.make
        for (let at = 1000; at > 0; at--) after(alarm, at, () => {})
        yield* TestClock.adjust(500)
        assert.strictEqual(seen.sleeping, 1)
      }).pipe(Effect.scoped, provide)

      assert.strictEqual(seen.sleeping, 0)
    })
  )

  it.effect("nothing sleeps for long once every entry was cancelled", () =>
    Effect.gen(function* () {
      const { provide, seen } = yield* sleepers
      yield* Effect.gen(function* () {
        const alarm = yield* Alarm.make
        alarm.cancel(after(alarm, 60_000, () => {}))
        assert.strictEqual(seen.sleeping, 1)
        yield* TestClock.adjust(100)
        assert.strictEqual(seen.sleeping, 0)

        const rung: Array<number> = []
        alarm.cancel(after(alarm, 60_000, () => {}))
        after(alarm, 90, () => void rung.push(90))
        after(alarm, 250, () => void rung.push(250))
        yield* TestClock.adjust(250)
        assert.deepStrictEqual(rung, [90, 250])
      }).pipe(Effect.scoped, provide)
    })
  )
})
