import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { storm } from "../support/storm/Storm.ts"

describe("a storm of 200 requests", () => {
  it.live("ends each as it should, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const { cut, outcomes } = yield* storm(1, 200, 1000)

      for (const kind of ["succeeded", "failed", "left"]) assert.include(outcomes, kind)
      assert.isAbove(cut, 0)
    })
  )
})
