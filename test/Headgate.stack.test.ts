import { describe, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import * as Headgate from "../src/Headgate.ts"
import { check, Law, laws } from "../src/testing.ts"
import { yieldIntervals, runs } from "./support/runs.ts"
import { guaranteesOf } from "./support/stacks.ts"

const small: Headgate.Options = {
  maxConcurrentRequests: 2,
  requestsPerSecond: 5,
  maxQueueSize: 2,
  circuitBreaker: { maxFailures: 2, timeout: "2 seconds" },
  maxWait: "20 seconds",
  requestTimeout: "6 seconds",
  deadline: Infinity
}

laws("The default stack, small", Headgate.make(small), {
  ...guaranteesOf(small),
  runs: runs(5, 100),
  stride: runs(9, 1),
  yieldEvery: yieldIntervals,
  runner: { describe, it }
})

/** Random settings of the default stack. */
const settings: Effect.Effect<Headgate.Options> = Effect.map(Random.Random, (chance) => {
  const among = <A>(values: ReadonlyArray<A>): A => values[Math.floor(chance.nextDoubleUnsafe() * values.length)]!
  return {
    maxConcurrentRequests: among([1, 2, 3, 4]),
    requestsPerSecond: among([2, 5, 20, Infinity]),
    burst: among([1, 1, 2, 3]),
    maxQueueSize: among([0, 1, 2, 5, 50]),
    circuitBreaker: { maxFailures: among([1, 2, 5, Infinity]), timeout: among([500, 2000]) },
    requestTimeout: among([3000, 6000]),
    // None as a rule, since it would hide calls that hang in the gate.
    deadline: among([Infinity, Infinity, Infinity, 8000]),
    maxRetries: among([0, 0, 1, 2])
  }
})

describe("The default stack", () => {
  it.effect("keeps every law as it comes", () =>
    check(Law.all, Headgate.make(), { ...guaranteesOf({}), runs: runs(4, 40), stride: runs(13, 3), yieldEvery: [9] })
  )

  it.effect("S36: keeps every law with any settings, and S79: the same seed makes the same history", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= runs(5, 120); seed++) {
        const drawn = yield* Random.withSeed(settings, seed)
        yield* check(Law.all, Headgate.make(drawn), { ...guaranteesOf(drawn), runs: 4, seed, stride: 37 }).pipe(
          Effect.mapError((error) => new Error(`${JSON.stringify(drawn)}: ${error.message}`, { cause: error }))
        )
      }
    })
  )
})
