import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TimeWeightedMean } from "../../src/stats/Windows.ts"

const window = { length: 60, buckets: 6 }
const width = window.length / window.buckets
const origin = 500

const Value = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4 }))
const Gap = Arbitrary.map(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 }))), (n) =>
  n > 190 ? n : n % 15
)
const Steps = Arbitrary.array(Arbitrary.all({ gap: Gap, value: Arbitrary.schema(Value) }), { maxLength: 60 })

interface Given {
  readonly steps: ReadonlyArray<{ readonly gap: number; readonly value: number }>
  readonly later: number
}

const run = ({ later, steps }: Given) => {
  const tracked = new TimeWeightedMean(origin, window)
  const held: Array<number> = []
  let value = 0
  const hold = (gap: number) => held.push(...Array.from({ length: gap }, () => value))
  for (const { gap, value: next } of steps) {
    hold(gap)
    value = next
    tracked.set(origin + held.length, value)
  }
  hold(later)
  // The naive model: the value of every single millisecond.
  const mean = (from: number) => {
    const seen = held.slice(Math.max(0, from))
    return seen.length === 0 ? value : seen.reduce((sum, each) => sum + each, 0) / seen.length
  }
  return { tracked, elapsed: held.length, mean, hold }
}

describe("TimeWeightedMean", () => {
  it.effect.prop(
    "the mean is exact if the window begins at the edge of a bucket",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { elapsed, hold, mean, tracked } = run(given)
        const edge = Math.ceil(elapsed / width) * width
        hold(edge - elapsed)

        assert.closeTo(tracked.mean(origin + edge), mean(edge - window.length), 1e-9)
      }),
    { arbitrary: { size: 60 } }
  )

  it.effect.prop(
    "otherwise the mean is off by at most part of one bucket",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { elapsed, mean, tracked } = run(given)
        // At worst half of the bucket was 4 and half was 0, and the window begins between the halves.
        const worst = width / window.length

        assert.closeTo(tracked.mean(origin + elapsed), mean(elapsed - window.length), worst + 1e-9)
      }),
    { arbitrary: { size: 60 } }
  )

  it("before any time has passed the mean is the value", () => {
    const tracked = new TimeWeightedMean(origin, window)
    tracked.set(origin, 0.7)

    assert.strictEqual(tracked.mean(origin), 0.7)
  })

  it("a value that lasts longer than the window is weighted by its time in the window", () => {
    const tracked = new TimeWeightedMean(0, { length: 3_600_000, buckets: 60 })
    tracked.set(0, 1)
    tracked.set(5 * 3_600_000, 0)

    assert.strictEqual(tracked.mean(5 * 3_600_000), 1)
    assert.closeTo(tracked.mean(5.25 * 3_600_000), 0.75, 1e-9)
    assert.strictEqual(tracked.mean(6 * 3_600_000), 0)
  })
})
