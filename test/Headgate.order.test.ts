import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Headgate from "../src/Headgate.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../src/policy/RateLimit/RateLimit.ts"
import { check, type CheckOptions, Law, type Observer, Scenario } from "../src/testing.ts"
import { runs } from "./support/runs.ts"
import { pile } from "./support/stacks.ts"

/** Nobody overtakes one who came before, unless by priority; and the more urgent of those who wait goes first. */
const overtaken = ({ calls }: Observer, byPriority: boolean): Law.Violations => {
  const number = new Map(calls.map((call, index) => [call, index]))
  const started = calls.filter(({ starts }) => starts.length > 0).sort((a, b) => a.starts[0]! - b.starts[0]!)
  return started.flatMap((call, i) => {
    const { name, options } = call
    const at = call.starts[0]!
    const before = started[i - 1]?.starts[0] ?? -Infinity
    const passed = started.slice(i + 1).find((other) => {
      if (other.starts[0] === at) return false
      if (byPriority && options.priority > other.options.priority && other.arrivedAt < before) return true
      return number.get(other)! < number.get(call)! && (!byPriority || other.options.priority <= options.priority)
    })
    // Whoever has waited for longer has come nearer.
    return passed !== undefined && at - call.arrivedAt < 9000 ? [`${name} started before ${passed.name}`] : []
  })
}

const order = (byPriority: boolean): Law.Law => ({
  name: "order",
  statement: `equal calls start in the order of arrival${byPriority ? ", and the more urgent of those who wait first" : ""}`,
  scenarios: ["loads"],
  after: ({ observer, scenario }) =>
    // Where fibers yield at any moment, who came to the gate first cannot be seen from outside.
    Effect.sync(() => (scenario.yieldEvery === Scenario.defaultYieldEvery ? overtaken(observer, byPriority) : []))
})

/** Each call of a caller of its own, and of the same weight. */
const distinct: CheckOptions = { optionsOf: (options, index) => ({ ...options, caller: `caller ${index}`, weight: 1 }) }

describe("The order of starts", () => {
  it.effect("in the default stack nobody overtakes but by priority, whatever happens to others", () =>
    Effect.gen(function* () {
      for (const maxConcurrentRequests of [1, 2, 4]) {
        for (const requestsPerSecond of [2, 5, Infinity]) {
          const circuitBreaker = { maxFailures: Infinity }
          const options = { maxConcurrentRequests, requestsPerSecond, maxRetries: 0, circuitBreaker }
          yield* check(order(true), Headgate.make(options), { ...distinct, runs: runs(8, 150) })
        }
      }
    })
  )

  for (const [name, policy] of [
    ["Concurrency", ConcurrencyLimit.layer({ permits: 3 })],
    ["RateLimit", RateLimit.layer({ perSecond: 4, burst: 2 })]
  ] as const) {
    it.effect(`${name} lets calls start as they came`, () =>
      check(order(false), pile([policy]), { ...distinct, runs: runs(40, 1000) })
    )
  }
})
