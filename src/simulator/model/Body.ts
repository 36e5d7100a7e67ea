import { Effect, Schema, SchemaIssue } from "effect"
import type { ModelError } from "../../ai/ModelError.ts"
import * as Failures from "./Failures.ts"

/** What a schema says of a key that is not there. */
export const missing = "Missing key"

/** A whole number from a least one on; null and none mean the same. */
export const count = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  Schema.optional(Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum, maximum }))))

/** A switch; null and none mean the same. */
export const Switch = Schema.optional(Schema.NullOr(Schema.Boolean))

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const fieldOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (field, key) =>
      typeof key === "number" ? `${field}[${key}]` : field === "" ? String(key) : `${field}.${String(key)}`,
    ""
  )

const toModelError = ({ issue }: Schema.SchemaError): ModelError => {
  const [first] = format(issue).issues
  const path = (first?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
  const message = first?.message ?? "Invalid request"
  if (path.length === 0) return Failures.invalidRequest(null, "invalid_value", `Invalid request body: ${message}.`)
  const field = fieldOf(path)
  return message === missing
    ? Failures.invalidRequest(field, "missing_required_parameter", `Missing required parameter: '${field}'.`)
    : Failures.invalidRequest(field, "invalid_value", `Invalid value for '${field}': ${message}.`)
}

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decoder = <A>(schema: Schema.Decoder<A>): ((body: unknown) => Effect.Effect<A, ModelError>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (body) => Effect.mapError(decode(body), toModelError)
}
