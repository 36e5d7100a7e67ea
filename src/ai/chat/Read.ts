import { Effect, Schema, SchemaIssue } from "effect"
import { AiError } from "effect/ai"

// A reply may be long, and somebody's.
const longest = 300

const malformed = ({ issue }: Schema.SchemaError): AiError.InvalidResponseError =>
  new AiError.InvalidResponseError({ description: SchemaIssue.makeFormatterDefault()(issue).slice(0, longest) })

/** Makes a reader of what an endpoint answers, which says what is wrong with an answer of another shape. */
export const as = <A>(
  schema: Schema.Decoder<A>
): ((answer: unknown) => Effect.Effect<A, AiError.InvalidResponseError>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return (answer) => Effect.mapError(decode(answer), malformed)
}
