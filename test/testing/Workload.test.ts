import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Call, plain, type Scenario, defaultYieldEvery } from "../../src/testing/Scenario.ts"
import { shrink } from "../../src/testing/Workload.ts"

const scenario: Scenario = {
  calls: Array.from({ length: 40 }, (_, caller) => ({
    ...plain,
    caller,
    at: 100 * caller,
    duration: 700,
    kind: caller % 3 === 0 ? ("hang" as const) : ("fail" as const),
    cancelAt: 5000,
    interruptAtStep: 9,
    priority: 3,
    permits: 2,
    tokens: 100,
    deadline: 500
  })),
  yieldEvery: 11,
  seed: 4
}

const shrunk = (breaks: (scenario: Scenario) => boolean, tries = 2000) => {
  let tried = 0
  const count = (candidate: Scenario) => Effect.sync(() => (tried++, breaks(candidate) ? tried : undefined))
  return Effect.map(shrink(scenario, 0, count, tries), ({ scenario }) => ({ scenario, tried }))
}

describe("Workload.shrink", () => {
  it.effect("keeps only the calls that matter, and of them only what matters", () =>
    Effect.gen(function* () {
      const { scenario, tried } = yield* shrunk(
        ({ calls }) =>
          calls.some(({ caller }) => caller === 13) &&
          calls.some(({ kind, duration }) => kind === "hang" && duration > 300)
      )

      assert.deepStrictEqual(scenario, {
        calls: [{ ...plain, kind: "hang", duration: 400 } satisfies Call, { ...plain, caller: 13 }],
        yieldEvery: defaultYieldEvery,
        seed: 0
      })
      assert.isBelow(tried, 200)
    })
  )

  it.effect("a scenario that breaks the law in no simpler way stays as it is", () =>
    Effect.gen(function* () {
      const { scenario: same } = yield* shrunk(() => false)

      assert.deepStrictEqual(same, scenario)
    })
  )

  it.effect("stops when its tries are spent", () =>
    Effect.gen(function* () {
      const { scenario, tried } = yield* shrunk(() => true, 3)

      assert.strictEqual(tried, 3)
      assert.strictEqual(scenario.calls.length, 5)
    })
  )
})
