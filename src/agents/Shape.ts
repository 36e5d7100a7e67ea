import { Predicate, Schema } from "effect"

const nameOf = (schema: unknown): string => {
  if (!Predicate.isObject(schema)) return ""
  if (Predicate.hasProperty(schema, "items")) return `[${nameOf(schema.items)}]`
  return Predicate.hasProperty(schema, "type") ? String(schema.type) : ""
}

/** Tells the shape of an object in a few tokens, such as `{"order": [string], "total": number}`. */
export const text = (schema: Schema.Constraint): string => {
  const { properties } = Schema.toJsonSchemaDocument(schema).schema
  const fields = Object.entries(Predicate.isObject(properties) ? properties : {}).map(([key, value]) => {
    const name = nameOf(value)
    return name === "" ? `"${key}"` : `"${key}": ${name}`
  })
  return `{${fields.join(", ")}}`
}
