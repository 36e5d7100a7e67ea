import { Formatter, Result, Schema } from "effect"
import { InvalidOptions } from "../../config/InvalidOptions.ts"
import type { Node, Shape } from "./Scalar.ts"

const compiles = (text: string): boolean => Result.isSuccess(Result.try(() => new RegExp(text, "u")))
const Pattern = Schema.String.check(Schema.makeFilter(compiles))
const node = Schema.suspend((): Schema.Codec<Node> => Schema.Union([Schema.Boolean, Form]) as Schema.Codec<Node>)
const nodes = Schema.Array(node)
const named = Schema.Record(Schema.String, node)
const Type = Schema.Literals(["array", "boolean", "integer", "null", "number", "object", "string"])

/** The keywords of a JSON Schema that are read, and what they may hold; others are let be. */
const keywords = {
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
}
type Keywords = { readonly [K in keyof typeof keywords]: Schema.optional<(typeof keywords)[K]> }
const Form = Schema.Struct(
  Object.fromEntries(Object.entries(keywords).map(([name, one]) => [name, Schema.optional(one)])) as Keywords
)
const read = Schema.decodeUnknownResult(node)

/** The JSON Schema that is given, as an object. Throws `InvalidOptions` for what is none. */
export const check = (given: Node): Shape => {
  const result = read(given)
  if (Result.isFailure(result)) {
    const allowed = `true, false or an object of JSON Schema: ${String(result.failure).replaceAll(/\s+/g, " ")}`
    throw new InvalidOptions({
      problems: [
        { name: "schema", value: Formatter.format(given).slice(0, 200), allowed, example: '{"type":"object"}' }
      ]
    })
  }
  return typeof given === "object" ? given : given ? {} : { not: {} }
}
