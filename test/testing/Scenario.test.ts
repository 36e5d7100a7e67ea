import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { decode } from "../../src/config/Options.ts"
import { fields, limitsOf } from "../../src/testing/Guarantees.ts"
import { randomLoad } from "../../src/testing/Workload.ts"
import { Scenario } from "../../src/testing.ts"

describe("Scenario", () => {
  it.effect("a random load reads as it was written", () =>
    Effect.gen(function* () {
      const limits = limitsOf(yield* decode(fields, { permits: 3, capacity: 50 }))
      for (let run = 0; run < 40; run++) {
        const scenario = yield* randomLoad(limits, 1, run)
        assert.deepStrictEqual(yield* Scenario.read(Scenario.write(scenario)), scenario)
      }
    })
  )

  it.effect("only what differs from a plain call is written", () =>
    Effect.gen(function* () {
      const scenario: Scenario.Scenario = {
        calls: [Scenario.plain, { ...Scenario.plain, kind: "hang", cancelAt: 100 }],
        yieldEvery: Scenario.defaultYieldEvery,
        seed: 2
      }

      assert.strictEqual(Scenario.write(scenario), '{"calls":[{},{"kind":"hang","cancelAt":100}],"seed":2}')
      assert.deepStrictEqual(yield* Scenario.read('{"calls":[{}]}'), {
        calls: [Scenario.plain],
        yieldEvery: Scenario.defaultYieldEvery,
        seed: 0
      })
    })
  )

  it.effect("random loads have every kind of call and every yield interval", () =>
    Effect.gen(function* () {
      const limits = limitsOf(yield* decode(fields, {}))
      const loads = yield* Effect.forEach(Array.from({ length: 100 }), (_, run) => randomLoad(limits, 1, run))
      const yieldIntervals = new Set(loads.map(({ yieldEvery }) => yieldEvery))
      const kinds = new Set(loads.flatMap(({ calls }) => calls.map(({ kind }) => kind)))

      assert.deepStrictEqual([...kinds].sort(), [...Scenario.Kind.literals].sort())
      assert.strictEqual(yieldIntervals.size, 14)
    })
  )
})
