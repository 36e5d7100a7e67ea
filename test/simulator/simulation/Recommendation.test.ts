import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Simulation from "../../../src/simulator/Simulation.ts"

/** What comes of a minute of calls, the answered of which took so long. */
const resultOf = (answered: number, millis: number) => {
  const calls = Array.from({ length: 60 }, (_, i) => ({
    at: i * 1000,
    promptTokens: 1,
    completionTokens: millis / 10,
    ...(i < answered ? {} : { deadlineMs: 1 })
  }))
  const settings = { requestsPerSecond: Infinity, maxConcurrentRequests: Infinity } as const
  const model = { firstToken: 0, perPromptToken: 0, slowdown: 0, slots: 1000 }
  return Effect.orDie(Simulation.run({ arrivals: { kind: "trace", calls }, settings, model, duration: "1 minute" }))
}

const recommend = (runs: Readonly<Record<string, readonly [answered: number, millis: number]>>) =>
  Effect.map(
    Effect.forEach(Object.entries(runs), ([name, [answered, millis]]) =>
      Effect.map(resultOf(answered, millis), (result) => ({ name, result }))
    ),
    Simulation.recommend
  )

describe("The recommendation", () => {
  it.effect("is what answers most, however slow, with the figures of it and of the next best", () =>
    Effect.gen(function* () {
      const best = yield* recommend({ a: [30, 100], b: [60, 2000], c: [45, 100] })

      assert.strictEqual(best!.name, "b")
      assert.match(
        best!.reason,
        /^it answers 100 % of the calls in time \(1 a second\), 95 % of them within 1\.99 s; c, the next best, answers 75 % .*\.$/
      )
    })
  )

  it.effect("is the soonest of those that answer as much", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* recommend({ a: [60, 2000], b: [60, 1000], c: [45, 100] }))!.name, "b")
    })
  )

  it.effect("is the first of those that do as well, and names the others", () =>
    Effect.gen(function* () {
      const best = yield* recommend({ a: [60, 1000], b: [60, 1000], c: [45, 100], d: [60, 1010] })

      assert.strictEqual(best!.name, "a")
      assert.match(best!.reason, /; b and d do as well\.$/)
    })
  )

  it.effect("is not made where nothing was answered", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* recommend({ a: [0, 100], b: [0, 100] }))
      assert.isUndefined(Simulation.recommend([]))
    })
  )
})
