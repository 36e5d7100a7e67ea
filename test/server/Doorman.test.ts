import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { Doorman } from "../../src/server/Doorman.ts"

const doorman = new Doorman([
  { name: "ada", key: Redacted.make("key-of-ada") },
  { name: undefined, key: Redacted.make("another-key") }
])

describe("Doorman", () => {
  it("a key tells its caller's name", () => {
    assert.strictEqual(doorman.recognise("Bearer key-of-ada")?.name, "ada")
    assert.strictEqual(doorman.recognise("bearer  key-of-ada")?.name, "ada")
  })

  it("a key without a name lets in", () => {
    assert.isDefined(doorman.recognise("Bearer another-key"))
  })

  it.each([undefined, "", "Bearer", "Bearer key-of-ad", "Bearer key-of-ada x", "Basic key-of-ada", "key-of-ada"])(
    "%o is turned away",
    (authorization) => {
      assert.isUndefined(doorman.recognise(authorization))
    }
  )

  it("without keys, everyone is let in", () => {
    assert.isDefined(new Doorman([]).recognise(undefined))
  })
})
