import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"
import * as JsonExample from "../../../src/simulator/model/JsonExample.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

interface Tree {
  readonly name: string
  readonly left: Tree | null
  readonly children: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  name: Schema.String,
  left: Schema.NullOr(Schema.suspend(() => Tree)),
  children: Schema.Array(Schema.suspend(() => Tree))
}).annotate({ identifier: "Tree" })

const short = Schema.String.check(Schema.isMinLength(3), Schema.isMaxLength(5))

// Effect writes the JSON schema, and judges what was made of it.
const kinds: Readonly<Record<string, Schema.Codec<unknown, unknown>>> = {
  text: Schema.String,
  bounded: short,
  long: Schema.String.check(Schema.isMinCodePoints(200)),
  number: Schema.Finite.check(Schema.isGreaterThan(3), Schema.isLessThan(3.01)),
  negative: Schema.Finite.check(Schema.isLessThanOrEqualTo(-100)),
  integer: int(-3, -2),
  even: Schema.Int.check(Schema.isMultipleOf(4), Schema.isBetween({ minimum: 5, maximum: 9 })),
  above: Schema.Int.check(Schema.isGreaterThan(7), Schema.isLessThan(9)),
  literal: Schema.Literal("only"),
  literals: Schema.Literals(["a", "b", 3]),
  nothing: Schema.Null,
  choice: Schema.Union([Schema.Struct({ kind: Schema.Literal("a"), n: int(1, 2) }), Schema.Struct({ kind: short })]),
  list: Schema.Array(int(1, 3)).check(Schema.isMinLength(4), Schema.isMaxLength(6)),
  few: Schema.Array(Schema.Boolean).check(Schema.isMaxLength(1)),
  unique: Schema.Array(int(1, 5)).check(Schema.isUnique(), Schema.isMinLength(5), Schema.isMaxLength(5)),
  tuple: Schema.Tuple([Schema.String, Schema.Finite, Schema.Boolean]),
  record: Schema.Record(Schema.String, Schema.Finite),
  records: Schema.Record(Schema.String, Schema.Finite).check(Schema.isMinProperties(3)),
  nested: Schema.Struct({
    steps: Schema.Array(Schema.Struct({ title: short, done: Schema.Boolean, tags: Schema.Array(Schema.String) })),
    note: Schema.optionalKey(Schema.NullOr(Schema.String)),
    "a/b~c": Schema.Struct({ deep: Schema.Struct({ deeper: Schema.Array(Schema.Array(int(1, 9))) }) })
  }),
  tree: Tree
}

const sourceOf = (seed: number) => {
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return { random, text: () => "some words" }
}

const schemaOf = (schema: Schema.Codec<unknown, unknown>) => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  return { ...root, $defs: definitions }
}

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

describe("JSON of the simulated model", () => {
  for (const [name, schema] of Object.entries(kinds)) {
    it.effect(`an example fits its schema: ${name}`, () =>
      Effect.gen(function* () {
        const decode = Schema.decodeUnknownEffect(schema, { onExcessProperty: "error" })
        const json = schemaOf(schema)
        for (let seed = 1; seed <= 100; seed++) yield* decode(JsonExample.make(json, sourceOf(seed)))
      })
    )
  }

  it("a number is one that JSON can tell, whatever its limits", () => {
    const any = Schema.Struct({ a: Schema.Number, b: Schema.NullOr(Schema.Number), c: Schema.Array(Schema.Number) })
    const most = Number.MAX_VALUE
    const limits = [
      { type: "number", minimum: -most, maximum: most },
      { type: "integer", minimum: -most, maximum: most },
      { type: "number", minimum: most / 2, exclusiveMaximum: most },
      { type: "number", exclusiveMinimum: 1e300 },
      { type: "number", maximum: -most },
      { type: "integer", minimum: most },
      { type: "number", multipleOf: 5e-324 },
      { type: "number", minimum: 1e300, multipleOf: 1e-300 }
    ]
    for (let seed = 1; seed <= 100; seed++) {
      const { a, b, c } = JsonExample.make(schemaOf(any), sourceOf(seed)) as typeof any.Type
      for (const number of [a, b, ...c]) assert.isTrue(number === null || Number.isFinite(number), String(number))
      for (const schema of limits) {
        const number = JsonExample.make(schema, sourceOf(seed)) as number
        assert.isTrue(Number.isFinite(number), `${JSON.stringify(schema)}: ${number}`)
        assert.isAtLeast(number, schema.minimum ?? -most)
        assert.isAtMost(number, schema.maximum ?? most)
        if (schema.exclusiveMinimum !== undefined) assert.isAbove(number, schema.exclusiveMinimum)
        if (schema.exclusiveMaximum !== undefined) assert.isBelow(number, schema.exclusiveMaximum)
      }
    }
  })

  it("reads what Effect does not write", () => {
    const make = (schema: unknown) => JsonExample.make(schema, sourceOf(7))

    assert.isString(make(true))
    assert.isString(make({ format: "email" }))
    assert.match(make({ type: "string", format: "date-time" }) as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/)
    assert.isFalse(Number.isNaN(Date.parse(make({ type: "string", format: "date-time" }) as string)))
    assert.strictEqual(make({ const: null }), null)
    assert.isNumber(make({ minimum: 3 }))
    assert.isString(make({ type: ["null", "string"] }))
    assert.isTrue(Array.isArray(make({ items: { type: "null" } })))
    assert.deepStrictEqual(Object.keys(make({ required: ["a", "b"] }) as object), ["a", "b"])
    const joined = {
      allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } }, required: ["b"] }]
    }
    assert.deepStrictEqual(make(joined), { a: 1, b: 2 })
    const way = { properties: { kind: { const: "x" } }, required: ["kind"] }
    assert.deepStrictEqual(make({ type: "object", properties: { n: { const: 1 } }, oneOf: [way] }), { n: 1, kind: "x" })
    assert.deepStrictEqual(make({ $ref: "#/definitions/A", definitions: { A: { const: 5 } } }), 5)
  })

  it("a schema that never ends, or asks for too much, gives a value all the same", () => {
    const endless = { properties: { next: { $ref: "#" } }, required: ["next"] }
    const wide = { type: "array", minItems: 1e9, items: { type: "array", minItems: 1e9, items: { type: "string" } } }

    assert.isBelow(depthOf(JsonExample.make(endless, sourceOf(1))), 40)
    assert.isBelow(JSON.stringify(JsonExample.make(wide, sourceOf(1))).length, 1e6)
    assert.isString(JsonExample.make({ $ref: "#" }, sourceOf(1)))
    assert.isBelow((JsonExample.make({ type: "string", minLength: 1e9 }, sourceOf(1)) as string).length, 20_000)
    assert.isBelow(JSON.stringify(JsonExample.make({ minProperties: 1e9, type: "object" }, sourceOf(1))).length, 1e6)
  })

  it.effect("a reply is JSON when it is asked for, that of a schema when there is one", () =>
    Effect.gen(function* () {
      const { complete, stream } = yield* SimulatedModel
      const body = { model: "m", messages: [{ role: "user", content: "Plan a garden" }] }
      const formats = [
        { type: "json_object" },
        { type: "json_schema", json_schema: { name: "plan", schema: schemaOf(kinds["nested"]!) } }
      ] as const
      for (const format of formats) {
        const { choices } = yield* complete({ ...body, response_format: format })
        const chunks = yield* Stream.runCollect(stream({ ...body, response_format: format }))
        const text = choices[0]!.message.content!

        assert.strictEqual(chunks.map(({ choices: [one] }) => one!.delta.content ?? "").join(""), text)
        assert.isObject(JSON.parse(text))
        if (format.type === "json_schema") yield* Schema.decodeUnknownEffect(kinds["nested"]!)(JSON.parse(text))
      }
      const cut = yield* complete({ ...body, response_format: formats[1], max_tokens: 5 })
      assert.deepInclude(cut.choices[0]!, { finish_reason: "length" })
      const wrong = yield* Effect.flip(complete({ ...body, response_format: { type: "json_schema" } }))
      assert.deepInclude({ ...wrong }, { status: 400, param: "response_format.json_schema" })
    }).pipe(Effect.provide(SimulatedModel.layer({ fixedLatency: 0 })))
  )
})
