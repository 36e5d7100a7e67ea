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
  const level = new TimeWeightedMean(origin, window)
  const held: Array<number> = []
  let value = 0
  const hold = (gap: number) => held.push(...Array.from({ length: gap }, () => value))
  for (const { gap, value: next } of steps) {
    hold(gap)
    value = next
    level.set(origin + held.length, value)
  }
  hold(later)
  // The naive model: the value of every single millisecond.
  const mean = (from: number) => {
    const seen = held.slice(Math.max(0, from))
    return seen.length === 0 ? value : seen.reduce((sum, each) => sum + each, 0) / seen.length
  }
  return { level, elapsed: held.length, mean, hold }
}

describe("TimeWeightedMean", () => {
  it.effect.prop(
    "the mean is exact where the window begins at the edge of a bucket",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { elapsed, hold, level, mean } = run(given)
        const edge = Math.ceil(elapsed / width) * width
        hold(edge - elapsed)

        assert.closeTo(level.mean(origin + edge), mean(edge - window.length), 1e-9)
      }),
    { arbitrary: { size: 60 } }
  )

  it.effect.prop(
    "the mean is elsewhere wrong by part of one bucket at most",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { elapsed, level, mean } = run(given)
        // At worst half of the bucket was 4 and half was 0, and the window begins between the halves.
        const worst = width / window.length

        assert.closeTo(level.mean(origin + elapsed), mean(elapsed - window.length), worst + 1e-9)
      }),
    { arbitrary: { size: 60 } }
  )

  it("before any time has passed, the mean is the value", () => {
    const level = new TimeWeightedMean(origin, window)
    level.set(origin, 0.7)

    assert.strictEqual(level.mean(origin), 0.7)
  })

  it("a value that stands for hours weighs for as long as it stood", () => {
    const level = new TimeWeightedMean(0, { length: 3_600_000, buckets: 60 })
    level.set(0, 1)
    level.set(5 * 3_600_000, 0)

    assert.strictEqual(level.mean(5 * 3_600_000), 1)
    assert.closeTo(level.mean(5.25 * 3_600_000), 0.75, 1e-9)
    assert.strictEqual(level.mean(6 * 3_600_000), 0)
  })
})
