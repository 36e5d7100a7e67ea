import { Effect, Option, Schema, SchemaIssue } from "effect"
import { AiError } from "effect/ai"
import * as Reason from "./Reason.ts"

// Some servers answer 200 and tell in the body that they failed, the code being a status or a word.
const Failed = Schema.Struct({
  error: Schema.Struct({
    message: Schema.optional(Schema.NullOr(Schema.String)),
    type: Schema.optional(Schema.NullOr(Schema.String)),
    param: Schema.optional(Schema.NullOr(Schema.String)),
    code: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number])))
  })
})
const decodeFailed = Schema.decodeUnknownOption(Failed)

const reasonOf = ({ error: { code, message, param, type } }: typeof Failed.Type): AiError.AiErrorReason =>
  Reason.of({
    status: typeof code === "number" ? code : undefined,
    code: typeof code === "number" ? String(code) : code,
    type,
    param,
    message: message ?? "The model told of a failure and did not say which."
  })

// A reply may be long, and somebody's.
const longest = 300

const malformed = ({ issue }: Schema.SchemaError): AiError.InvalidResponseError => {
  const description = SchemaIssue.makeFormatterDefault()(issue)
  return new AiError.InvalidResponseError({ description: description.slice(0, longest) })
}

/** Reads what an endpoint told as what it should be, or as the failure it tells of. */
export const reader = <A>(schema: Schema.Decoder<A>): ((told: unknown) => Effect.Effect<A, AiError.AiErrorReason>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (told) => {
    const failed = Option.getOrUndefined(decodeFailed(told))
    return failed === undefined ? Effect.mapError(decode(told), malformed) : Effect.fail(reasonOf(failed))
  }
}
