import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fuzz } from "../support/fuzz/Fuzz.ts"

describe("malformed requests and broken replies", () => {
  it.live("neither crash nor hang the service, nor make it break a rule, in 10,000 cases", () =>
    Effect.gen(function* () {
      const { found, growth } = yield* fuzz({ cases: 10_000, seed: 2 })

      assert.deepStrictEqual(found, [])
      assert.isBelow(growth / 2000, 1000, "bytes a case leaves behind")
    })
  )
})
