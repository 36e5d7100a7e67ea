import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { decode } from "../../src/config/Options.ts"
import { load } from "../../src/testing/Draw.ts"
import { fields, limitsOf } from "../../src/testing/Promises.ts"
import { Scenario } from "../../src/testing.ts"

describe("Scenario", () => {
  it.effect("whatever is drawn reads as it was written", () =>
    Effect.gen(function* () {
      const limits = limitsOf(yield* decode(fields, { permits: 3, capacity: 50 }))
      for (let run = 0; run < 40; run++) {
        const scenario = yield* load(limits, 1, run)
        assert.deepStrictEqual(yield* Scenario.read(Scenario.write(scenario)), scenario)
      }
    })
  )

  it.effect("a plain call is written as nothing", () =>
    Effect.gen(function* () {
      const scenario: Scenario.Scenario = {
        calls: [Scenario.plain, { ...Scenario.plain, kind: "hang", leaves: 100 }],
        rhythm: Scenario.usual,
        seed: 2
      }

      assert.strictEqual(Scenario.write(scenario), '{"calls":[{},{"kind":"hang","leaves":100}],"seed":2}')
      assert.deepStrictEqual(yield* Scenario.read('{"calls":[{}]}'), {
        calls: [Scenario.plain],
        rhythm: Scenario.usual,
        seed: 0
      })
    })
  )

  it.effect("a load brings every kind of call, at every rhythm", () =>
    Effect.gen(function* () {
      const limits = limitsOf(yield* decode(fields, {}))
      const loads = yield* Effect.forEach(Array.from({ length: 100 }), (_, run) => load(limits, 1, run))
      const rhythms = new Set(loads.map(({ rhythm }) => rhythm))
      const kinds = new Set(loads.flatMap(({ calls }) => calls.map(({ kind }) => kind)))

      assert.deepStrictEqual([...kinds].sort(), [...Scenario.Kind.literals].sort())
      assert.strictEqual(rhythms.size, 14)
    })
  )
})
