import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "../support/cli.ts"

describe("headgate simulate", () => {
  it.effect("prints a table", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["simulate", "--minutes", "2", "--load", "20"])

      assert.strictEqual(code, 0)
      assert.match(out, /^preset +load +calls .*verdict\ndefault +20\/min +\d+ .*healthy\nheavy /)
      assert.match(out, /^light at 20\/min: nothing to change\.$/m)
    })
  )
})
