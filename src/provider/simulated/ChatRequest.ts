import { Effect, Schema, SchemaIssue } from "effect"
import type { ModelError } from "../ModelError.ts"
import * as Failures from "./Failures.ts"

// As the schema itself says it.
const missing = "Missing key"

const Part = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }).check(
  Schema.makeFilter(({ text, type }) => type !== "text" || text !== undefined || { path: ["text"], issue: missing })
)

const Message = Schema.Struct({
  role: Schema.Literals(["system", "developer", "user", "assistant", "tool", "function"]),
  content: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Array(Part)])))
}).check(
  // Only an assistant's message may be empty: it may have called a tool instead.
  Schema.makeFilter(
    ({ content, role }) =>
      role === "assistant" || (content !== null && content !== undefined) || { path: ["content"], issue: missing }
  )
)

const Count = Schema.optional(Schema.NullOr(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))))

/** The body of `POST /v1/chat/completions`, as far as the simulated model reads it. */
export const ChatRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  messages: Schema.Array(Message).check(Schema.isMinLength(1)),
  max_tokens: Count,
  max_completion_tokens: Count
})
export type ChatRequest = typeof ChatRequest.Type

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

const decodeUnknown = Schema.decodeUnknownEffect(ChatRequest)

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decode = (body: unknown): Effect.Effect<ChatRequest, ModelError> =>
  Effect.mapError(decodeUnknown(body), toModelError)

/** Tokens the request may be answered with, `Infinity` if it does not say. */
export const maxTokens = (request: ChatRequest): number =>
  request.max_completion_tokens ?? request.max_tokens ?? Infinity

/** The text of a message, its other parts left out. */
export const textOf = ({ content }: ChatRequest["messages"][number]): string =>
  typeof content === "string" ? content : (content ?? []).flatMap(({ text = [] }) => text).join("\n")
