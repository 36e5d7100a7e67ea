import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { play, Plans, Rhythms, seconds } from "./support/chaos.ts"
import { bounded, faithful, holds, lively, recovers, roomy, truthful, whole } from "./support/laws.ts"
import { runs } from "./support/runs.ts"
import { entries, on } from "./support/stack.ts"

describe("Each policy, under random loads", () => {
  for (const { limits, name, stack } of entries) {
    const hasRoom = name.startsWith("WaitingRoom")
    it.effect.prop(
      `${name}: keeps what it admits, counts each call once, holds its bounds, and loses nothing`,
      { plans: Plans, rhythm: Rhythms },
      ({ plans, rhythm }) =>
        on(
          stack,
          Effect.gen(function* () {
            const observer = yield* play(plans, rhythm, seconds(12), (observer, last) =>
              Effect.gen(function* () {
                holds(yield* truthful(observer, hasRoom, limits))
                if (!last) holds(yield* lively(observer, limits, rhythm))
              })
            )

            holds(observer.wrongs)
            holds(observer.calls.flatMap((call) => faithful(call, limits)))
            holds(bounded(observer, limits))
            if (rhythm > 100) holds(roomy(observer, limits))
            holds(yield* recovers(limits))
            holds(yield* whole(limits))
          })
        ),
      { arbitrary: { runs: runs(6, 120) }, timeout: 120_000 }
    )
  }
})
