import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { ApiKeyAuth } from "../../src/server/ApiKeyAuth.ts"

const keys = new ApiKeyAuth([
  { name: "ada", key: Redacted.make("key-of-ada") },
  { name: undefined, key: Redacted.make("another-key") }
])

describe("ApiKeyAuth", () => {
  it("a key tells its caller's name", () => {
    assert.strictEqual(keys.authenticate("Bearer key-of-ada")?.name, "ada")
    assert.strictEqual(keys.authenticate("bearer  key-of-ada")?.name, "ada")
  })

  it("a key without a name lets in", () => {
    assert.isDefined(keys.authenticate("Bearer another-key"))
  })

  it.each([undefined, "", "Bearer", "Bearer key-of-ad", "Bearer key-of-ada x", "Basic key-of-ada", "key-of-ada"])(
    "%o is turned away",
    (authorization) => {
      assert.isUndefined(keys.authenticate(authorization))
    }
  )

  it("without keys, everyone is let in", () => {
    assert.isDefined(new ApiKeyAuth([]).authenticate(undefined))
  })
})
