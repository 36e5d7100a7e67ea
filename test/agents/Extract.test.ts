import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import * as Extract from "../../src/agents/Extract.ts"
import { InvalidOptions } from "../../src/config/InvalidOptions.ts"
import { runs } from "../support/runs.ts"
import { heldOut } from "./extract/heldOut.ts"
import { later } from "./extract/later.ts"
import { others } from "./extract/others.ts"
import { examples, names, order, weight } from "./extract/replies.ts"
import { reports } from "./extract/reports.ts"
import { enumsWithoutAType, keywords, recordsOfOwnNames, references, unions } from "./extract/schemas.ts"
import { strange } from "./extract/strange.ts"

const take = (reply: string, shape: Extract.Shape) => Option.getOrUndefined(Extract.from(reply, shape))

describe("Extract.from", () => {
  it.each([...examples, ...others, ...strange, ...heldOut, ...later, ...reports])("%s", (_kind, shape, reply, gold) => {
    assert.deepStrictEqual(take(reply, shape), gold)
  })

  for (const [fact, cases] of [
    ["takes only a choice for an enum without a type", enumsWithoutAType],
    ["follows references", references],
    ["keeps records", recordsOfOwnNames],
    ["takes the value of one form of a union", unions],
    ["holds a value to each keyword", keywords]
  ] as const) {
    it.each(cases)(`${fact}: %s`, (_kind, shape, reply, gold) => assert.deepStrictEqual(take(reply, shape), gold))
  }

  it.each(["n: −3", "n = –3", "n = minus 3", "n: negative 3", "n: minus three", "n ≠ 5", "n != 5", "n > 5", "n < 5"])(
    "a number is not taken for its opposite, nor a bound for a number: %s",
    (reply) => assert.isUndefined(take(reply, { properties: { n: { type: "integer" } }, required: ["n"] }))
  )

  it.each([
    "about 5",
    "n: about 5",
    "n: roughly 5",
    "n: almost 5",
    "n = ca. 5",
    '{"n":"~5"}',
    '{"n":"around 5"}',
    "n: 5ish",
    "n: NOT 5",
    "n: not 5",
    "n: - 3",
    "n: – 3",
    '{"n": - 3}',
    '{"n":"- 3"}',
    "n: 1.000",
    '{"n":"1.000"}',
    "n = 1.250",
    "n: 12.500",

    '{"n":5} is incorrect',
    '{"n":5} is not right.',
    'The answer {"n":5} would be wrong.',
    'Not {"n":5}',
    'Wrong: {"n":5}'
  ])("a number that is about, denied, refuted or of two readings is none: %s", (reply) => {
    assert.isUndefined(take(reply, { properties: { n: { type: "number" } }, required: ["n"] }))
  })

  it.each(['{"s":"a\\u00"}', '{"s":"a\\u00zz"}', '{"s":"\\u12', '```json\n{"s":"x\\uD8"}\n```'])(
    "a string with half a character is none: %s",
    (reply) => assert.isUndefined(take(reply, { properties: { s: { type: "string" } }, required: ["s"] }))
  )

  it("a schema may be true or false", () => {
    assert.deepStrictEqual(take('{"a":1}', true as unknown as Extract.Shape), { a: 1 })
    assert.isUndefined(take('{"a":1}', false as unknown as Extract.Shape))
  })

  it.each<unknown>([
    null,
    undefined,
    5,
    "x",
    [],
    { type: 5 },
    { type: "strng" },
    { properties: 5 },
    { properties: { a: 5 } },
    { properties: { a: null } },
    { enum: 5 },
    { required: "a" },
    { items: 5 },
    { $ref: 5 },
    { anyOf: {} },

    { allOf: 5 },
    { pattern: "(" },
    { patternProperties: { "(": true } },
    { minimum: "x" },
    { items: { type: "txt" } }
  ])("a schema that is none of JSON Schema is refused with what is allowed: %j", (shape) => {
    assert.throws(
      () => take('{"a":1}', shape as Extract.Shape),
      InvalidOptions,
      /^schema(=.* is not allowed| is missing): true, false or an/
    )
  })

  it("a schema is left as it was given", () => {
    const shape = Object.freeze({
      type: "object",
      properties: Object.freeze({ a: { $ref: "#/$defs/A" } }),
      $defs: { A: { type: "integer" } }
    })

    assert.deepStrictEqual(take('{"a":"1"}', shape), { a: 1 })
    assert.deepStrictEqual(Reflect.ownKeys(shape.$defs.A), ["type"])
  })

  it("an element of thinking that the schema asks for is part of the answer", () => {
    const shape = { type: "object", properties: { reasoning: { type: "string" }, score: { type: "integer" } } }
    const reply = "<reasoning>it is near</reasoning><score>3</score>"

    assert.deepStrictEqual(take(reply, { ...shape, required: ["reasoning", "score"] }), {
      reasoning: "it is near",
      score: 3
    })
  })

  it("members that the schema does not name are left out", () => {
    assert.deepStrictEqual(take('{"weight":3,"mood":"calm","__proto__":{"weight":9}}', weight), { weight: 3 })
  })

  it("a reply of one kind of mark alone is read in bounded time", () => {
    const marks = [
      "{",
      "[",
      '"',
      "'",
      "```\n",
      '{"',
      "<think>",
      "</think>",
      "/* ",
      "\\",
      '{"side":"lend","thing":"',
      "[]",
      "|a",
      "- a\n",
      "[x] ",
      "&quot;",
      "side: "
    ]
    const size = runs(60_000, 1_000_000)
    for (const mark of marks) {
      const reply = mark.repeat(Math.ceil(size / mark.length))
      const before = process.cpuUsage()
      for (const shape of [order, names]) take(reply, shape)

      assert.isBelow(process.cpuUsage(before).user, 6 * size, mark)
    }
  })
})

class Trade extends Schema.Class<Trade>("Trade")({
  side: Schema.Literals(["buy", "sell"]),
  count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
  note: Schema.optionalKey(Schema.NullOr(Schema.String)),
  tags: Schema.Array(Schema.NonEmptyString)
}) {}

describe("Extract.decode", () => {
  const decode = Extract.decode(Trade)

  it.effect("gives a value of the schema's type", () =>
    Effect.gen(function* () {
      const trade = yield* decode("I will buy.\n```\n{side: 'BUY', count: \"3\", note: None, tags: ['a',],}\n```")

      assert.deepStrictEqual(trade, new Trade({ side: "buy", count: 3, note: null, tags: ["a"] }))
    })
  )

  it.effect.each(["I cannot say.", '{"side":"buy","count":11,"tags":[]}', '{"side":"buy","count":1,"tags":[""]}'])(
    "fails with the reply where it has no such value: %s",
    (reply) =>
      Effect.gen(function* () {
        const failure = yield* Effect.flip(decode(reply))

        assert.strictEqual(failure._tag, "NoValue")
        assert.strictEqual(failure.reply, reply)
      })
  )

  it.effect("a record and a union of tagged structs are read", () =>
    Effect.gen(function* () {
      const counts = Extract.decode(Schema.Record(Schema.String, Schema.Number))
      const shape = Extract.decode(
        Schema.Union([
          Schema.TaggedStruct("Circle", { radius: Schema.Finite }),
          Schema.TaggedStruct("Square", { side: Schema.Finite })
        ])
      )

      assert.deepStrictEqual(yield* counts('{"pears":1,"figs":2}'), { pears: 1, figs: 2 })
      assert.deepStrictEqual(yield* shape('It is {"_tag": "Square", "side": "3"}.'), { _tag: "Square", side: 3 })
      assert.strictEqual((yield* Effect.flip(shape('{"_tag":"Square","radius":3}')))._tag, "NoValue")
    })
  )

  it.effect("a schema that holds itself is read", () =>
    Effect.gen(function* () {
      interface Tree {
        readonly name: string
        readonly children: ReadonlyArray<Tree>
      }
      const Tree = Schema.Struct({
        name: Schema.String,
        children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
      }).annotate({ identifier: "Tree" })
      const tree = { name: "a", children: [{ name: "b", children: [] }] }

      assert.deepStrictEqual(yield* Extract.decode(Tree)(`Here: ${JSON.stringify(tree)}.`), tree)
    })
  )
})
