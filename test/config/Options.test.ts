import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted, Result, Schema } from "effect"
import * as Field from "../../src/config/Field.ts"
import { describe as line } from "../../src/config/InvalidOptions.ts"
import { decode, group, leaves, list, withDefaults } from "../../src/config/Options.ts"

const fields = {
  size: Field.integer(1, 10),
  name: Field.optional(Field.label("name")),
  wait: Field.duration({ default: 500, infinite: true }),
  inner: group({ share: Field.number(0, 1, { default: 0.5 }), deep: group({ on: Field.boolean({ default: false }) }) }),
  rates: list(Field.number(0, 9), { default: [] })
}

const lines = (options: unknown) =>
  Effect.map(Effect.flip(decode(fields, options)), ({ problems }) =>
    problems.map((problem) => line(problem).split(";")[0]!)
  )

describe("Options", () => {
  it.effect("what is left out has its default, at every depth", () =>
    Effect.gen(function* () {
      const usual = { name: undefined, wait: 500, inner: { share: 0.5, deep: { on: false } }, rates: [] }

      assert.deepStrictEqual(yield* decode(fields, { size: 3 }), { ...usual, size: 3 })
      assert.deepStrictEqual(yield* decode(fields, { size: 3, inner: { deep: {} }, wait: undefined }), {
        ...usual,
        size: 3
      })
    })
  )

  it.effect("what is given is decoded", () =>
    Effect.gen(function* () {
      const given = { size: 3, name: " ada ", wait: Duration.seconds(2), inner: { share: 1 }, rates: [1, 2] }
      const { inner, name, rates, wait } = yield* decode(fields, given)

      assert.deepStrictEqual([name, wait, inner.share, rates], ["ada", 2000, 1, [1, 2]])
      assert.strictEqual((yield* decode(fields, { size: 3, wait: Infinity })).wait, Infinity)
    })
  )

  it.effect("all problems come at once, under the full names, each with what is allowed", () =>
    Effect.gen(function* () {
      const wrong = { wait: "soon", inner: { share: 2, deep: { on: 1, off: 2 } }, rates: [1, 10], size: 1.5 }

      assert.deepStrictEqual(yield* lines(wrong), [
        "size=1.5 is not allowed: a whole number from 1 to 10",
        'wait="soon" is not allowed: a duration from 1 to 86400000 ms or Infinity',
        "inner.share=2 is not allowed: a number from 0 to 1",
        "inner.deep.off=2 is not allowed: there is no option of this name",
        "inner.deep.on=1 is not allowed: one of true, false",
        "rates[1]=10 is not allowed: a number from 0 to 9"
      ])
      assert.deepStrictEqual(yield* lines({ inner: [] }), [
        "size is missing: a whole number from 1 to 10",
        "inner=[] is not allowed: an object of options (share, deep)"
      ])
    })
  )

  it.effect("names that every object has are no options", () =>
    Effect.gen(function* () {
      const names = { constructor: 1, toString: 2, ["__proto__"]: 3 }

      assert.deepStrictEqual(
        (yield* lines({ size: 1, ...names })).map((text) => text.split("=")[0]),
        Object.keys(names)
      )
    })
  )

  it.effect("a secret appears in no problem, wrapped or not", () =>
    Effect.gen(function* () {
      const key = Field.secret("KEY", "sk-...", "good", (text) => text === "good")

      assert.deepStrictEqual((yield* decode({ key }, {})).key, undefined)
      assert.strictEqual(Redacted.value((yield* decode({ key }, { key: Redacted.make("good") })).key!), "good")
      for (const given of ["good", Redacted.make("hidden"), ["hidden"]]) {
        const { message } = yield* Effect.flip(decode({ key }, { key: given }))
        assert.match(message, /^key=<redacted> is not allowed: a Redacted text: good; for example key=sk-\.\.\.$/)
      }
    })
  )

  it("a field is a Schema of its value", () => {
    const decodeWait = Schema.decodeUnknownResult(fields.wait)
    const Call = Schema.Struct({ wait: fields.wait, inner: fields.inner })

    assert.deepStrictEqual(decodeWait("2 seconds"), Result.succeed(2000))
    assert.isTrue(Result.isFailure(decodeWait(-1)))
    assert.deepStrictEqual(Schema.decodeUnknownSync(Call)({ wait: 5, inner: { share: 1 } }), {
      wait: 5,
      inner: { share: 1, deep: { on: false } }
    })
    assert.throws(() => Schema.decodeUnknownSync(Call)({ wait: 5, inner: { share: 2 } }))
  })

  it.effect("other defaults leave the fields beside them as they are", () =>
    Effect.gen(function* () {
      const changed = withDefaults(fields, { size: 7, inner: { deep: { on: true } } })

      assert.deepStrictEqual(yield* decode(changed, {}), {
        size: 7,
        name: undefined,
        wait: 500,
        inner: { share: 0.5, deep: { on: true } },
        rates: []
      })
      assert.deepStrictEqual(
        leaves(changed).map(({ path }) => path.join(".")),
        ["size", "name", "wait", "inner.share", "inner.deep.on", "rates"]
      )
    })
  )
})
