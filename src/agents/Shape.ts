import { Option, Predicate, Schema } from "effect"
import { OpenAiStructuredOutput } from "effect/ai"

const nameOf = (schema: unknown): string => {
  if (!Predicate.isObject(schema)) return ""
  if (Predicate.hasProperty(schema, "items")) return `[${nameOf(schema.items)}]`
  return Predicate.hasProperty(schema, "type") ? String(schema.type) : ""
}

/** A schema as the `response_format` of a request. */
export type Format = Readonly<Record<string, Schema.Json>>

const strictOf = Option.liftThrowable((schema: Schema.Constraint): Schema.Json => {
  const { jsonSchema } = OpenAiStructuredOutput.toCodecOpenAI(schema)
  return { name: "answer", strict: true, schema: jsonSchema as Schema.Json }
})

/** Puts a schema into the form in which endpoints take it; none if it has no such form. */
export const format = (schema: Schema.Constraint): Format | undefined =>
  Option.getOrUndefined(Option.map(strictOf(schema), (json_schema): Format => ({ type: "json_schema", json_schema })))

/** Tells the shape of an object in a few tokens, such as `{"order": [string], "total": number}`. */
export const text = (schema: Schema.Constraint): string => {
  const { properties } = Schema.toJsonSchemaDocument(schema).schema
  const fields = Object.entries(Predicate.isObject(properties) ? properties : {}).map(([key, value]) => {
    const name = nameOf(value)
    return name === "" ? `"${key}"` : `"${key}": ${name}`
  })
  return `{${fields.join(", ")}}`
}
