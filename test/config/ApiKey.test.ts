import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { type ApiKey, list } from "../../src/config/ApiKey.ts"
import { factsOf, type Text } from "../../src/config/Field.ts"

const { parse, show } = factsOf(list("KEYS")).text as Text<ReadonlyArray<ApiKey>>
const opened = (text: string) =>
  Result.map(parse(text), (keys) => keys.map(({ key, name }) => [name, Redacted.value(key)]))

describe("ApiKey", () => {
  it.effect("a list holds keys with and without names", () =>
    Effect.gen(function* () {
      const keys = yield* Effect.fromResult(opened(" ada = 12345678 , abcdefgh,ada=second-key=="))

      assert.deepStrictEqual(keys, [
        ["ada", "12345678"],
        [undefined, "abcdefgh"],
        ["ada", "second-key=="]
      ])
    })
  )

  it("a list with a short, missing, repeated or unsendable key is refused, and the entry named", () => {
    const fault = (text: string) => {
      const allowed = Result.getOrElse(Result.flip(parse(text)), () => "none")
      return allowed.slice(allowed.indexOf("("))
    }

    assert.strictEqual(fault("1234567"), "(entry 1 has a key of fewer than 8 characters)")
    assert.strictEqual(fault("12345678,"), "(entry 2 has a key of fewer than 8 characters)")
    assert.strictEqual(fault(","), "(entry 1 has a key of fewer than 8 characters)")
    assert.strictEqual(fault("production="), "(entry 1 has a key of fewer than 8 characters)")
    assert.strictEqual(fault("=12345678"), "(entry 1 has no fitting name of 1 to 64 characters)")
    assert.strictEqual(fault(`${"a".repeat(65)}=12345678`), "(entry 1 has no fitting name of 1 to 64 characters)")
    assert.strictEqual(fault("a\nb=12345678"), "(entry 1 has no fitting name of 1 to 64 characters)")
    assert.strictEqual(fault("1234 5678"), "(entry 1 has a key with spaces or characters beyond ASCII)")
    assert.strictEqual(fault("12345678,a=12345678"), "(entry 2 repeats a key)")
  })

  it.effect("a list shows names, not keys", () =>
    Effect.map(Effect.fromResult(parse("ada=12345678,abcdefgh")), (keys) =>
      assert.strictEqual(show(keys), "ada=<redacted>,<redacted>")
    )
  )
})
