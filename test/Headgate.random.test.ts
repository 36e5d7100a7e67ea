import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { check, Law } from "../src/testing.ts"
import { yieldIntervals, runs } from "./support/runs.ts"
import { random } from "./support/stacks.ts"

describe("Any stack", () => {
  it.effect(
    "of random policies with random settings in any legal order keeps every law",
    () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= runs(12, 200); seed++) {
          const { description, layer, guarantees } = yield* random(seed)
          const yieldEvery = yieldIntervals[seed % yieldIntervals.length]!
          const options = { ...guarantees, seed, runs: runs(2, 5), stride: runs(23, 5), yieldEvery: [yieldEvery] }
          yield* check(Law.all, layer, options).pipe(
            Effect.mapError((error) => new Error(`${description}: ${error.message}`, { cause: error }))
          )
        }
      }),
    400_000
  )
})
