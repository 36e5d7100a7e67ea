import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Concurrency from "../src/policy/Concurrency.ts"
import * as RateLimit from "../src/policy/RateLimit.ts"
import { type Plan, play, Plans, seconds } from "./support/chaos.ts"
import { holds, ordered } from "./support/laws.ts"
import { runs } from "./support/runs.ts"
import { defaultStack, on, Settings, stackOf } from "./support/stack.ts"

/** Each call of a caller of its own, and of the same weight. */
const distinct = (plans: ReadonlyArray<Plan>) => plans.map((plan, caller) => ({ ...plan, caller, weight: 1 }))

describe("The order of starts", () => {
  it.effect.prop(
    "in the default stack nobody overtakes but by priority, whatever happens to others",
    { plans: Plans, settings: Settings },
    ({ plans, settings }) =>
      on(
        () => defaultStack({ ...settings, maxRetries: 0, maxQueueSize: 50, circuitBreaker: { maxFailures: Infinity } }),
        Effect.gen(function* () {
          const load = distinct(plans).sort((a, b) => a.at - b.at)
          holds(ordered(yield* play(load, 2048, seconds(12), () => Effect.void), true))
        })
      ),
    { arbitrary: { runs: runs(40, 1000) }, timeout: 120_000 }
  )

  for (const [name, policy] of [
    ["Concurrency", () => Concurrency.layer({ permits: 3 })],
    ["RateLimit", () => RateLimit.layer({ perSecond: 4, burst: 2 })]
  ] as const) {
    it.effect.prop(
      `${name} lets calls start as they came`,
      { plans: Plans },
      ({ plans }) =>
        on(
          () => stackOf([policy()]),
          Effect.gen(function* () {
            const load = distinct(plans).sort((a, b) => a.at - b.at)
            holds(ordered(yield* play(load, 2048, seconds(8), () => Effect.void), false))
          })
        ),
      { arbitrary: { runs: runs(20, 500) }, timeout: 120_000 }
    )
  }
})
