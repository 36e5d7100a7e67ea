import { Data, Effect, Formatter, Option, Result, Schema, Struct } from "effect"
import { InvalidOptions } from "../config/InvalidOptions.ts"
import { Reply } from "./extract/Reply.ts"
import type { Node, Shape } from "./extract/Schema.ts"

export type { Shape } from "./extract/Schema.ts"

/** The reply holds no value of the schema, or leaves a doubt which it is. */
export class NoValue extends Data.TaggedError("NoValue")<{
  /** The reply as the model gave it. */
  readonly reply: string
}> {
  override get message(): string {
    return "The reply holds no value of the schema, or leaves a doubt which it is."
  }
}

const compiles = (text: string): boolean => Result.isSuccess(Result.try(() => new RegExp(text, "u")))
const Pattern = Schema.String.check(Schema.makeFilter(compiles))
const node = Schema.suspend((): Schema.Codec<Node> => Schema.Union([Schema.Boolean, Form]) as Schema.Codec<Node>)
const nodes = Schema.Array(node)
const named = Schema.Record(Schema.String, node)
const Type = Schema.Literals(["array", "boolean", "integer", "null", "number", "object", "string"])

/** The keywords of a JSON Schema that are read, and what they may hold; others are let be. */
const Form = Schema.Struct({
  $ref: Schema.String,
  type: Schema.Union([Type, Schema.Array(Type)]),
  enum: Schema.Array(Schema.Unknown),
  required: Schema.Array(Schema.String),
  items: Schema.Union([node, nodes]),
  additionalProperties: node,
  properties: named,
  patternProperties: named.check(Schema.makeFilter((nodes) => Object.keys(nodes).every(compiles))),
  $defs: named,
  definitions: named,
  allOf: nodes,
  anyOf: nodes,
  oneOf: nodes,
  prefixItems: nodes,
  not: node,
  pattern: Pattern,
  minimum: Schema.Number,
  maximum: Schema.Number
}).mapFields(Struct.map(Schema.optional))
const readShape = Schema.decodeUnknownResult(node)

/** The JSON Schema that is given, as an object. Throws `InvalidOptions` for what is none. */
const check = (given: Node): Shape => {
  const result = readShape(given)
  if (Result.isFailure(result)) {
    const allowed = `true, false or an object of JSON Schema: ${String(result.failure).replaceAll(/\s+/g, " ")}`
    const value = Formatter.format(given).slice(0, 200)
    throw new InvalidOptions({ problems: [{ name: "schema", value, allowed, example: '{"type":"object"}' }] })
  }
  return typeof given === "object" ? given : given ? {} : { not: {} }
}

const readers = new WeakMap<object, Reply>()

/**
 * Takes the value that a JSON Schema asks for out of a model's reply. None if the reply has none, breaks off before it or
 * leaves a doubt which it is. Of several the last outside of thinking counts. Of named properties only these are taken.
 * Throws `InvalidOptions` for a schema that is not a JSON Schema.
 */
export const from = (reply: string, shape: Shape | boolean): Option.Option<unknown> => {
  const reader = readers.get(Object(shape)) ?? new Reply(check(shape))
  readers.set(Object(shape), reader)
  return reader.read(reply)
}

/** Takes a value of an Effect schema out of a reply, by the JSON form of the schema. Fails with `NoValue` if the reply has none. */
export const decode = <A, RD>(
  schema: Schema.ConstraintDecoder<A, RD>
): ((reply: string) => Effect.Effect<A, NoValue, RD>) => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const reader = new Reply({ ...root, $defs: definitions })
  const read = Schema.decodeUnknownEffect(Schema.toCodecJson(schema))
  return (reply) =>
    Effect.fromOption(reader.read(reply)).pipe(
      Effect.flatMap((value) => read(value)),
      Effect.mapError(() => new NoValue({ reply }))
    )
}
