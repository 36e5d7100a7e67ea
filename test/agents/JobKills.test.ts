import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobStores } from "../support/jobStores.ts"
import { killing } from "../support/killing.ts"

const [sqlite] = jobStores()

describe("Workers that are killed", () => {
  it.live("lose no job, and complete none twice", () =>
    Effect.gen(function* () {
      const after = yield* killing(yield* sqlite!.empty, { jobs: 30, kills: 2, workers: 1, seed: 1 })

      assert.deepInclude(after, { completed: 30, failed: 0, lost: 0, twice: 0 })
    }).pipe(Effect.scoped)
  )
})
