import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { Histogram } from "../../src/stats/Histogram.ts"

// Even over fifteen orders of magnitude, from a nanosecond to eleven days.
const Millis = Arbitrary.map(
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 15_000 }))),
  (n) => (n === 0 ? 0 : 10 ** (n / 1_000 - 6))
)
const Share = Arbitrary.schema(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))

const histogramOf = (values: ReadonlyArray<number>) => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe("Histogram", () => {
  it.effect.prop(
    "a percentile is within 1 % of the value at that rank",
    { values: Arbitrary.array(Millis, { minLength: 1, maxLength: 200 }), share: Share },
    ({ share, values }) =>
      Effect.sync(() => {
        const actual = histogramOf(values).percentile(share)

        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!
        assert.closeTo(actual ?? NaN, exact, exact * 0.01 + 1e-9)
      }),
    { arbitrary: { runs: 300, size: 60 } }
  )

  it.effect.prop(
    "the mean is exact",
    { values: Arbitrary.array(Millis, { minLength: 1, maxLength: 200 }) },
    ({ values }) =>
      Effect.sync(() => {
        const exact = values.reduce((sum, value) => sum + value, 0) / values.length
        assert.strictEqual(histogramOf(values).mean, exact)
      })
  )

  it.effect.prop(
    "a percentile since an earlier copy is that of the later values alone",
    {
      before: Arbitrary.array(Millis, { maxLength: 50 }),
      later: Arbitrary.array(Millis, { maxLength: 50 }),
      share: Share
    },
    ({ before, later, share }) =>
      Effect.sync(() => {
        const histogram = histogramOf(before)
        const then = new Histogram()
        then.copyFrom(histogram)
        for (const value of later) histogram.record(value)

        const alone = histogramOf(later).percentile(share)
        const actual = histogram.percentile(share, then)
        if (alone === null) assert.isNull(actual)
        else assert.closeTo(actual ?? NaN, alone, alone * 0.02 + 1e-9)
      }),
    { arbitrary: { runs: 300, size: 60 } }
  )

  it.effect.prop(
    "the number of values up to a bound is right for a bound within 1 % of it",
    { values: Arbitrary.array(Millis, { maxLength: 100 }), bound: Millis },
    ({ bound, values }) =>
      Effect.sync(() => {
        const within = (limit: number) => values.filter((value) => value <= limit).length
        const actual = histogramOf(values).atMost(bound)

        assert.isAtLeast(actual, within(bound * 0.989))
        assert.isAtMost(actual, within(bound * 1.011 + 1e-6))
      }),
    { arbitrary: { runs: 300, size: 60 } }
  )

  it("percentiles and mean are null before the first value", () => {
    const histogram = new Histogram()

    assert.isNull(histogram.percentile(0.5))
    assert.isNull(histogram.mean)
  })

  it("one value is every percentile, exactly", () => {
    const histogram = histogramOf([1_234.5])

    assert.deepStrictEqual(
      [0, 0.5, 0.99, 1].map((share) => histogram.percentile(share)),
      [1_234.5, 1_234.5, 1_234.5, 1_234.5]
    )
  })

  it("values outside the range count as its ends", () => {
    assert.strictEqual(histogramOf([-5]).percentile(1), 0)
    assert.strictEqual(histogramOf([NaN]).mean, 0)
    assert.closeTo(histogramOf([3, 1e15]).percentile(1) ?? NaN, 1e9, 2e7)
  })
})
