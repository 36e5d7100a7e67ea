import { Data, Effect, Formatter, Option, Record, Result, Schema, Struct } from "effect"
import { InvalidOptions } from "../config/InvalidOptions.ts"
import { Reply } from "./extract/Reply.ts"
import type { Node, Shape } from "./extract/Schema.ts"

export type { Shape } from "./extract/Schema.ts"

/** The reply holds no value of the schema, or leaves a doubt which it is. */
export class NoValue extends Data.TaggedError("NoValue")<{
  readonly reply: string
}> {
  override get message(): string {
    return "The reply holds no value of the schema, or leaves a doubt which it is."
  }
}

const compiles = (text: string): boolean => Result.isSuccess(Result.try(() => new RegExp(text, "u")))
const node = Schema.suspend((): Schema.Codec<Node> => Schema.Union([Schema.Boolean, Form]) as Schema.Codec<Node>)
const nodes = Schema.Array(node)
const named = Schema.Record(Schema.String, node)
const Type = Schema.Literals(["array", "boolean", "integer", "null", "number", "object", "string"])

const all = <S>(schema: S, ...names: ReadonlyArray<string>) => Record.fromIterableWith(names, (name) => [name, schema])

/** The keywords of a JSON Schema that are read, and what they may hold; other keywords are ignored. */
const Form = Schema.Struct({
  ...all(node, "additionalProperties", "not"),
  ...all(nodes, "allOf", "anyOf", "oneOf", "prefixItems"),
  ...all(named, "properties", "$defs", "definitions"),
  ...all(Schema.Number, "minimum", "maximum"),
  $ref: Schema.String,
  type: Schema.Union([Type, Schema.Array(Type)]),
  enum: Schema.Array(Schema.Unknown),
  required: Schema.Array(Schema.String),
  items: Schema.Union([node, nodes]),
  pattern: Schema.String.check(Schema.makeFilter(compiles)),
  patternProperties: named.check(Schema.makeFilter((nodes) => Object.keys(nodes).every(compiles)))
}).mapFields(Struct.map(Schema.optional))
const readShape = Schema.decodeUnknownResult(node)

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
 * Takes the value of a JSON Schema out of a model's reply: of several the last outside of thinking, with the properties
 * that the schema names. None if the reply breaks off or leaves a doubt. Throws `InvalidOptions` for an invalid schema.
 */
export const from = (reply: string, shape: Shape | boolean): Option.Option<unknown> => {
  const reader = readers.get(Object(shape)) ?? new Reply(check(shape))
  readers.set(Object(shape), reader)
  return reader.read(reply)
}

/** Takes a value of an Effect schema out of a reply, by its JSON form. Fails with `NoValue` if the reply has none. */
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
