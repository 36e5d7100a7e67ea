import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { RetryBudget } from "../../../src/policy/Retry/RetryBudget.ts"
import { runs } from "../../support/runs.ts"

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const spendable = (budget: RetryBudget, now: number) => {
  let count = 0
  while (count < 10_000 && budget.spend(now)) count++
  return count
}

const earn = (budget: RetryBudget, now: number, calls: number) => {
  for (let call = 0; call < calls; call++) budget.earn(now)
}

describe("RetryBudget", () => {
  it("lets a share of the calls be retried, and a few besides", () => {
    const budget = new RetryBudget(0.2, 10, 0)
    earn(budget, 0, 1000)

    assert.strictEqual(spendable(budget, 0), 300)
  })

  it("lets nobody retry without a share and without a minimum", () => {
    const budget = new RetryBudget(0, 0, 0)
    earn(budget, 0, 1000)

    assert.strictEqual(spendable(budget, 0), 0)
  })

  it("forgets calls and retries after ten seconds", () => {
    const budget = new RetryBudget(0.1, 1, 0)
    earn(budget, 0, 100)
    assert.strictEqual(spendable(budget, 0), 20)
    assert.strictEqual(spendable(budget, 9000), 0)

    assert.strictEqual(spendable(budget, 10_500), 10)
  })

  it.effect.prop(
    "in any ten seconds on the edges of its buckets retries stay in the budget",
    {
      loads: Arbitrary.array(Arbitrary.all({ after: between(0, 2000), calls: between(0, 30), tries: between(0, 30) }), {
        minLength: 1,
        maxLength: 40
      }),
      tenths: between(0, 10),
      perSecond: between(0, 3)
    },
    ({ loads, perSecond, tenths }) =>
      Effect.sync(() => {
        const share = tenths / 10
        const budget = new RetryBudget(share, perSecond, 0)
        const spent: Array<number> = []
        let now = 0
        let calls = 0
        for (const { after, calls: more, tries } of loads) {
          now += after
          calls += more
          earn(budget, now, more)
          for (let tried = 0; tried < tries; tried++) if (budget.spend(now)) spent.push(now)
        }

        assert.isAtMost(spent.length, calls * share + perSecond * 10 * Math.ceil((now + 1) / 9500) + 1e-6)
        const first = spent.filter((at) => at <= 10_000).length
        assert.isAtMost(first, calls * share + perSecond * 10 + 1e-6)
      }),
    { arbitrary: { runs: runs(100, 5000), size: 60 } }
  )
})
