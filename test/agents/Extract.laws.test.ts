import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Option, Schema } from "effect"
import * as Extract from "../../src/agents/Extract.ts"
import { runs } from "../support/runs.ts"
import * as replies from "./extract/replies.ts"

const letters = Schema.String.check(Schema.isPattern(/^[a-z][a-zA-Z0-9 ,.:;!?'"{}[\]()\\/\n#=&<é🪜-]{0,20}$/u))
const range = { minimum: -1000, maximum: 1000 }
const key = Schema.String.check(Schema.isPattern(/^[a-z]{3,8}$/))

interface Asked {
  readonly shape: Extract.Shape
  readonly value: unknown
}

const scalar: Arbitrary.Arbitrary<Asked> = Arbitrary.flatMap(
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))),
  (kind) => {
    const of =
      (shape: Extract.Shape) =>
      (value: unknown): Asked => ({ shape, value })
    if (kind === 0) return Arbitrary.map(Arbitrary.schema(Schema.Boolean), of({ type: "boolean" }))
    if (kind === 1)
      return Arbitrary.map(
        Arbitrary.schema(Schema.Int.check(Schema.isBetween(range))),
        of({ type: "integer", ...range })
      )
    if (kind === 2)
      return Arbitrary.map(
        Arbitrary.schema(Schema.Finite.check(Schema.isBetween(range))),
        of({ type: "number", ...range })
      )
    if (kind === 3) return Arbitrary.map(Arbitrary.schema(Schema.NullOr(letters)), of({ type: ["string", "null"] }))
    if (kind === 4)
      return Arbitrary.map(
        Arbitrary.schema(Schema.Literals(["north", "far east"])),
        of({ type: "string", enum: ["north", "far east"] })
      )
    return Arbitrary.map(Arbitrary.schema(letters), of({ type: "string" }))
  }
)

const list: Arbitrary.Arbitrary<Asked> = Arbitrary.map(Arbitrary.schema(Schema.Array(letters)), (value) => ({
  shape: { type: "array", items: { type: "string" } },
  value
}))

const members = Arbitrary.array(
  Arbitrary.all([Arbitrary.schema(key), scalar, list, Arbitrary.schema(Schema.Boolean)]),
  { minLength: 1, maxLength: 5 }
)

/** A schema of an object, and a value of it. */
const asked: Arbitrary.Arbitrary<Asked> = Arbitrary.map(members, (members) => {
  const children = Object.fromEntries(members.map(([name, one, many, single]) => [name, single ? one : many]))
  const each = (pick: (child: Asked) => unknown) =>
    Object.fromEntries(Object.entries(children).map(([name, child]) => [name, pick(child)]))
  const properties = each(({ shape }) => shape) as Record<string, Extract.Shape>
  return {
    shape: { type: "object", properties, required: Object.keys(properties) },
    value: JSON.parse(JSON.stringify(each(({ value }) => value))) as unknown
  }
})

const pretty = (value: unknown) => JSON.stringify(value, null, 2)
/** What models do to a value without meaning another. */
const decorations: Readonly<Record<string, (value: object) => string>> = {
  bare: JSON.stringify,
  fence: (value) => `Sure, here it is:\n\n\`\`\`json\n${pretty(value)}\n\`\`\`\n\nAnything else?`,
  "open fence": (value) => `\`\`\`\n${pretty(value)}`,
  prose: (value) => `I looked at {all} of it. ${JSON.stringify(value)} That is what I think.`,
  thinking: (value) =>
    `<think>maybe {"a": 1}, or ${JSON.stringify({ ...value, extra: 1 }).slice(0, -3)}</think>\n${pretty(value)}`,
  tag: (value) => `<answer>${JSON.stringify(value)}</answer>`,
  envelope: (value) => pretty({ result: value }),
  "list of one": (value) => JSON.stringify([value]),
  call: (value) => JSON.stringify({ type: "function", function: { name: "act", arguments: JSON.stringify(value) } }),
  "tool tag": (value) => `<tool_call>\n${JSON.stringify({ name: "act", arguments: value })}\n</tool_call>`,
  twice: (value) => JSON.stringify(JSON.stringify(value)),
  entities: (value) => JSON.stringify(value).replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;"),
  "no closing brace": (value) => `${JSON.stringify(value).slice(0, -1)}\n`,
  "trailing comma": (value) => `${JSON.stringify(value).slice(0, -1)},}`,
  "bare keys": (value) =>
    `{${Object.entries(value)
      .map(([key, member]) => `${key}: ${JSON.stringify(member)}`)
      .join(", ")}}`,
  "single quotes": (value) =>
    `{${Object.entries(value)
      .map(
        ([key, member]) =>
          `'${key}': ${JSON.stringify(member)
            .replaceAll(/^null$/g, "None")
            .replaceAll(/^true$/g, "True")}`
      )
      .join(",\n")}}`,
  comments: (value) => `{ // as asked\n${JSON.stringify(value).slice(1, -1)} /* all */ }`,
  draft: (value) => `Draft: ${JSON.stringify({ ...value, other: 1 })}\nFinal: ${JSON.stringify(value)}`
}

const holds = (value: unknown, shape: Extract.Shape | boolean): boolean => {
  if (typeof shape === "boolean") return shape
  const types = new Set([shape.type ?? []].flat())
  if (value === null) return types.has("null")
  if (Array.isArray(value)) return types.has("array") && value.every((item) => holds(item, shape.items ?? {}))
  if (typeof value === "object")
    return (
      types.has("object") &&
      (shape.required ?? []).every((name) => Object.hasOwn(value, name)) &&
      Object.entries(value).every(([name, member]) => holds(member, shape.properties![name]!))
    )
  if (shape.enum !== undefined) return shape.enum.includes(value)
  if (typeof value !== "number") return types.has(typeof value)
  const { maximum = Infinity } = shape
  const minimum = Number(shape["minimum"] ?? -Infinity)
  return (
    (types.has("number") || (types.has("integer") && Number.isInteger(value))) && value >= minimum && value <= maximum
  )
}

describe("Extract", () => {
  for (const [name, decorate] of Object.entries(decorations)) {
    it.effect.prop(
      `a value comes back as it was from this decoration: ${name}`,
      { asked },
      ({ asked: { shape, value } }) =>
        Effect.sync(() =>
          assert.deepStrictEqual(Option.getOrUndefined(Extract.from(decorate(value as object), shape)), value)
        ),
      { arbitrary: { runs: runs(40, 2000) } }
    )
  }

  const shapes = [
    replies.order,
    replies.plan,
    replies.weight,
    replies.visit,
    replies.verdict,
    replies.names,
    replies.people
  ]
  const pieces = replies.examples.flatMap(([, , reply]) => reply.split(/(?<=[\s,:{}"])/))
  const piece = Arbitrary.map(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: pieces.length - 1 }))),
    (at) => pieces[at]!
  )
  const babble = Arbitrary.map(Arbitrary.array(piece, { maxLength: 40 }), (parts) => parts.join(""))

  it.effect.prop(
    "whatever the text, what is taken out of it is a value of the schema",
    { babble, noise: Schema.String },
    ({ babble, noise }) =>
      Effect.sync(() => {
        for (const text of [babble, noise, babble + noise]) {
          for (const shape of shapes) {
            const found = Extract.from(text, shape)
            assert.isTrue(Option.isNone(found) || holds(found.value, shape), JSON.stringify(found))
          }
        }
      }),
    { arbitrary: { runs: runs(100, 4000) } }
  )

  it.effect.prop(
    "a reply that breaks off in the middle of something gives the whole value or nothing",
    { asked, at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })) },
    ({ asked: { shape, value }, at }) =>
      Effect.sync(() => {
        const text = JSON.stringify(value).slice(0, at)
        // Behind a whole value only its bracket may be missing; that more members were to come nobody can tell.
        if (/["\]}]$/.test(text)) return
        const found = Extract.from(text, shape)
        if (Option.isSome(found)) assert.deepStrictEqual(found.value, value)
      }),
    { arbitrary: { runs: runs(200, 20_000) } }
  )

  it("a list that breaks off behind a comma is no value, with a colon in its texts or without one", () => {
    const names = { type: "array", items: { type: "string" } } as const
    const shape = { type: "object", properties: { names }, required: ["names"] } as const
    for (const name of ["i", "i:", "x: y", "{"])
      assert.isTrue(Option.isNone(Extract.from(`{"names":["${name}","a",`, shape)), name)
  })
})
