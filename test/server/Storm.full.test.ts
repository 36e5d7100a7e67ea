import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { storm } from "../support/storm/Storm.ts"

describe("a storm of 2,000 requests", () => {
  for (const endpoints of [1, 2]) {
    for (const seed of [1, 2]) {
      it.live(
        `at ${endpoints} endpoint${endpoints === 1 ? "" : "s"} ends each as it should, and leaves nothing behind (seed ${seed})`,
        () =>
          Effect.gen(function* () {
            const { cancelled, cut, outcomes } = yield* storm(seed, 2000, 3000 / endpoints, endpoints)

            for (const kind of ["succeeded", "failed", "rejected", "timedOut", "left"]) assert.include(outcomes, kind)
            assert.isAbove(cancelled, 0)
            assert.isAbove(cut, 10)
          })
      )
    }
  }
})
