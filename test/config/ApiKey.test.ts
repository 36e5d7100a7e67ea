import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { type ApiKey, list } from "../../src/config/ApiKey.ts"
import { factsOf, readText } from "../../src/config/Field.ts"
import { InvalidOptions, type Problem } from "../../src/config/InvalidOptions.ts"

const facts = factsOf(list("KEYS"))
const read = (text: string, problems: Array<Problem> = []) => readText(facts, text, problems) as ReadonlyArray<ApiKey>

describe("ApiKey", () => {
  it("a list holds keys with and without names", () => {
    const keys = read(" ada = 12345678 , abcdefgh,ada=second-key==")

    assert.deepStrictEqual(
      keys.map(({ key, name }) => [name, Redacted.value(key)]),
      [
        ["ada", "12345678"],
        [undefined, "abcdefgh"],
        ["ada", "second-key=="]
      ]
    )
  })

  it("a list with a short, missing, repeated or unsendable key is refused, and the entry named", () => {
    const fault = (text: string) => {
      const problems: Array<Problem> = []
      read(text, problems)
      const { message } = new InvalidOptions({ problems })
      assert.match(message, /^KEYS=<redacted> is not allowed: different keys of 8 characters or more, .*\)/)
      return message.slice(message.indexOf("("), message.indexOf(")") + 1)
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

  it("a list shows names, not keys", () => {
    const keys = read("ada=12345678,abcdefgh")

    assert.strictEqual(facts.show!(keys as never), "ada=<redacted>,<redacted>")
  })
})
