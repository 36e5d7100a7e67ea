import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { InvalidOptions } from "../../src/index.ts"
import { Arrivals } from "../../src/testing.ts"

/** When calls arrive. */
const times = (arrivals: Arrivals.Arrivals, options: Arrivals.Options) =>
  Effect.gen(function* () {
    const seen: Array<number> = []
    const load = Arrivals.run(arrivals, options, () =>
      Effect.map(Clock.currentTimeMillis, (now) => void seen.push(now))
    )
    const fiber = yield* Effect.forkChild(load, { startImmediately: true })
    yield* TestClock.adjust(options.during)
    yield* Fiber.join(fiber)
    return seen
  }).pipe(Effect.provide(TestClock.layer()))

describe("Arrivals", () => {
  it.effect("come each so often, or so many at once", () =>
    Effect.gen(function* () {
      const single = yield* times(Arrivals.every("200 millis"), { during: "1 second" })
      const crowds = yield* times(Arrivals.bursts(3, "500 millis"), { during: "1 second" })

      assert.deepStrictEqual(single, [200, 400, 600, 800, 1000])
      assert.deepStrictEqual(crowds, [500, 500, 500, 1000, 1000, 1000])
    })
  )

  it.effect(
    "at random there are as many as the rate says, as unevenly as chance has it, and the same for the same seed",
    () =>
      Effect.gen(function* () {
        const load = (seed: number) => times(Arrivals.poisson(5), { during: "1000 seconds", seed })
        const seen = yield* load(1)
        const gaps = seen.map((at, i) => at - (seen[i - 1] ?? 0))
        const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
        const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)

        assert.closeTo(seen.length, 5000, 250)
        assert.closeTo(deviation / mean, 1, 0.05)
        assert.deepStrictEqual(yield* load(1), seen)
        assert.notDeepEqual(yield* load(2), seen)
      })
  )

  it.effect("every call is waited for, and its end told in the order of arrival", () =>
    Effect.gen(function* () {
      const ends = [Effect.delay(Effect.succeed(1), "9 seconds"), Effect.fail("down"), Effect.die("broken")]
      const load = Arrivals.run(Arrivals.every("1 second"), { during: "3 seconds" }, (index) => ends[index]!)
      const fiber = yield* Effect.forkChild(load, { startImmediately: true })
      yield* TestClock.adjust("9999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")

      assert.deepStrictEqual(yield* Fiber.join(fiber), [Exit.succeed(1), Exit.fail("down"), Exit.die("broken")])
    })
  )

  it.effect("end with their load", () =>
    Effect.gen(function* () {
      let left = 0
      const call = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => left++))
      const load = Arrivals.run(Arrivals.every("1 second"), { during: "1 minute" }, call)
      const fiber = yield* Effect.forkChild(load, { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(fiber)

      assert.strictEqual(left, 5)
    })
  )

  it("that make no sense are refused with what is allowed", () => {
    const wrong = [
      () => Arrivals.every(0),
      () => Arrivals.poisson(0),
      () => Arrivals.bursts(0.5, 100),
      () => Arrivals.bursts(1, -1)
    ]
    const names = wrong.map((make) => {
      try {
        make()
        return undefined
      } catch (error) {
        return error instanceof InvalidOptions ? error.problems[0]!.name : error
      }
    })

    assert.deepStrictEqual(names, ["interval", "perSecond", "size", "interval"])
  })
})
