import { assert, describe, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import { jobStores } from "../support/jobStores.ts"
import { killing } from "../support/killing.ts"
import { runs } from "../support/runs.ts"

const [jobs, kills] = [runs(300, 1000), runs(6, 20)]

describe("Workers that are killed often", () => {
  for (const { empty, name } of jobStores()) {
    it.live(`lose no job of ${jobs} on ${name}, and complete none twice`, () =>
      Effect.gen(function* () {
        const after = yield* killing(yield* empty, { jobs, kills, workers: 3, seed: 1 })
        yield* Console.log(`${name}: ${JSON.stringify(after)}`)

        assert.deepInclude(after, { completed: jobs, failed: 0, lost: 0, twice: 0 })
      }).pipe(Effect.scoped)
    )
  }
})
