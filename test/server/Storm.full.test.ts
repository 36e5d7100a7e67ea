import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { storm } from "../support/storm/Storm.ts"

describe("a storm of 2,000 requests", () => {
  const kinds = new Set<string>()
  for (const endpoints of [1, 2]) {
    for (const seed of [1, 2]) {
      it.live(
        `at ${endpoints} endpoint${endpoints === 1 ? "" : "s"} ends each as it should, and leaves nothing behind (seed ${seed})`,
        () =>
          Effect.gen(function* () {
            const { cancelled, cut, outcomes } = yield* storm(seed, 2000, 3000 / endpoints, endpoints)

            outcomes.forEach((kind) => kinds.add(kind))
            assert.isAbove(cancelled, 0)
            assert.isAbove(cut, 10)
          })
      )
    }
  }

  it("has calls that end in every way", () => {
    assert.sameMembers([...kinds], ["succeeded", "failed", "rejected", "timedOut", "left"])
  })
})
