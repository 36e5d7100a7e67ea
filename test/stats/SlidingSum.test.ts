import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { SlidingSum } from "../../src/stats/Windows.ts"

const width = 10
const buckets = 6
const length = width * buckets
const origin = 1_000

const Amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
// Mostly small steps, sometimes one across the whole window.
const Gap = Arbitrary.map(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 200 }))), (n) =>
  n > 190 ? n : n % 15
)
const Steps = Arbitrary.array(Arbitrary.all({ gap: Gap, amount: Arbitrary.schema(Amount) }), { maxLength: 80 })

const run = (steps: ReadonlyArray<{ readonly gap: number; readonly amount: number }>) => {
  const sum = new SlidingSum(origin, { length, buckets })
  const added: Array<{ readonly at: number; readonly amount: number }> = []
  let now = origin
  for (const { amount, gap } of steps) {
    now += gap
    sum.add(now, amount)
    added.push({ at: now, amount })
  }
  const after = (moment: number) => added.reduce((all, { amount, at }) => (at > moment ? all + amount : all), 0)
  return { sum, now, after }
}

describe("SlidingSum", () => {
  it.effect.prop(
    "is exact if the window begins at the edge of a bucket",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { after, now, sum } = run(given.steps)
        const edge = Math.ceil((now + given.later) / width) * width

        assert.strictEqual(sum.sum(edge), after(edge - length))
      }),
    { arbitrary: { size: 60 } }
  )

  it.effect.prop(
    "counts the bucket that the window cuts in proportion",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const { after, now, sum } = run(given.steps)
        const begin = now + given.later - length
        const edge = Math.ceil(begin / width) * width
        const cut = after(edge - width) - after(edge)
        // Nothing came before the origin, so that a window which begins there cuts no bucket.
        const expected = begin < origin ? after(begin) : after(edge) + (cut * (edge - begin)) / width

        assert.closeTo(sum.sum(now + given.later), expected, 1e-9)
      }),
    { arbitrary: { size: 60 } }
  )

  it.effect.prop(
    "reading changes nothing",
    { steps: Steps, later: Gap },
    (given) =>
      Effect.sync(() => {
        const asked = run([])
        let now = origin
        for (const { amount, gap } of given.steps) {
          now += gap
          asked.sum.sum(now)
          asked.sum.add(now, amount)
        }

        assert.strictEqual(asked.sum.sum(now + given.later), run(given.steps).sum.sum(now + given.later))
      }),
    { arbitrary: { size: 60 } }
  )

  it("a steady rate fills every bucket, also those passed between two reads", () => {
    const sum = new SlidingSum(origin, { length, buckets })
    sum.setRate(origin, 2)

    assert.strictEqual(sum.sum(origin + 37), 74)
    assert.closeTo(sum.sum(origin + 1e9 + 3), 2 * length, 1e-6)
    assert.strictEqual(sum.total(origin + 1e9), 2e9)
  })

  it("an amount added at an earlier moment counts as added now", () => {
    const sum = new SlidingSum(origin, { length, buckets })
    sum.add(origin + 1, 5)
    sum.add(origin + 100, 1)
    sum.add(origin + 5, 1)

    assert.strictEqual(sum.sum(origin + 100), 2)
    assert.strictEqual(sum.sum(origin + 5), 2)
  })
})
