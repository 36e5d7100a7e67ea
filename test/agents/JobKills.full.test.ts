import { assert, describe, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import { jobStores } from "../support/jobStores.ts"
import { killing } from "../support/killing.ts"

describe("Workers that are killed often", () => {
  for (const { empty, name } of jobStores()) {
    it.live(`lose no job of 1000 on ${name}, and complete none twice`, () =>
      Effect.gen(function* () {
        const after = yield* killing(yield* empty, { jobs: 1000, kills: 20, workers: 3, seed: 1 })
        yield* Console.log(`${name}: ${JSON.stringify(after)}`)

        assert.deepInclude(after, { completed: 1000, failed: 0, lost: 0, twice: 0 })
      }).pipe(Effect.scoped)
    )
  }
})
