import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as ConcurrencyLimit from "../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../src/policy/RateLimit/RateLimit.ts"
import { check, Law, Observer } from "../src/testing.ts"
import { runs } from "./support/runs.ts"
import { anyOrder } from "./support/randomStacks.ts"
import { pile } from "./support/stacks.ts"

describe("Any order of the policies", () => {
  it.effect("S77: it conserves calls, changes none, and neither loses nor doubles a permit, a place or a token", () =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= runs(8, 200); seed++) {
        const { description, layer, guarantees, whole } = yield* anyOrder(seed)
        const laws = [Law.conservation, Law.transparency, ...(whole ? [Law.noLeak] : [])]
        const options = { ...guarantees, counts: "calls", seed, runs: runs(3, 6), stride: runs(31, 7) } as const
        yield* check(laws, layer, options).pipe(
          Effect.mapError((error) => new Error(`${description}: ${error.message}`, { cause: error }))
        )
      }
    })
  )

  it.effect("S77: a token taken by a call that leaves before its start serves the next one", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const observer = yield* Observer.make
      const start = (millis: number) =>
        Effect.forkChild(
          observer.pass(pass, {}, () => Effect.sleep(millis)),
          { startImmediately: true }
        )
      yield* start(1600)
      yield* TestClock.adjust("1 second")
      const leaver = yield* start(100)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(leaver)
      yield* TestClock.adjust("200 millis")
      yield* start(100)

      assert.deepStrictEqual(
        observer.calls.map(({ starts }) => starts.length),
        [1, 0, 1]
      )
    }).pipe(Effect.provide(pile([RateLimit.layer({ perSecond: 1 }), ConcurrencyLimit.layer({ permits: 1 })])))
  )
})
