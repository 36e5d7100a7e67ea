import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fuzz } from "../support/fuzz/Fuzz.ts"

describe("malformed requests and broken replies", () => {
  it.live("neither crash nor hang the service, nor make it break a rule, in 200 cases", () =>
    Effect.gen(function* () {
      const { found } = yield* fuzz({ cases: 200, seed: 1 })

      assert.deepStrictEqual(found, [])
    })
  )
})
