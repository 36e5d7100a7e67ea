import { Schema } from "effect"
import * as Body from "./Body.ts"
import * as Tool from "./Tool.ts"

const Part = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }).check(
  Schema.makeFilter(
    ({ text, type }) => type !== "text" || text !== undefined || { path: ["text"], issue: Body.missing }
  )
)

const Message = Schema.Struct({
  role: Schema.Literals(["system", "developer", "user", "assistant", "tool", "function"]),
  content: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Array(Part)]))),
  tool_calls: Schema.optional(Schema.NullOr(Schema.Array(Schema.Unknown)))
}).check(
  // Only an assistant's message may be empty: it may have called a tool instead.
  Schema.makeFilter(
    ({ content, role }) =>
      role === "assistant" || (content !== null && content !== undefined) || { path: ["content"], issue: Body.missing }
  )
)

const Format = Schema.Struct({
  type: Schema.Literals(["text", "json_object", "json_schema"]),
  json_schema: Schema.optional(Schema.Struct({ schema: Schema.optional(Schema.Unknown) }))
}).check(
  Schema.makeFilter(
    ({ json_schema: schema, type }) =>
      type !== "json_schema" || schema !== undefined || { path: ["json_schema"], issue: Body.missing }
  )
)

/** The texts that end a reply. */
export const Stop = Schema.optional(
  Schema.NullOr(Schema.Union([Schema.String, Schema.Array(Schema.String).check(Schema.isMaxLength(4))]))
)

/** What a stream should carry besides the reply. */
export const StreamOptions = Schema.optional(Schema.NullOr(Schema.Struct({ include_usage: Body.Switch })))

/** The body of `POST /v1/chat/completions`, as far as the simulated model reads it. */
export const ChatRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  messages: Schema.Array(Message).check(Schema.isMinLength(1)),
  max_tokens: Body.count(1),
  max_completion_tokens: Body.count(1),
  n: Body.count(1, 128),
  stop: Stop,
  stream_options: StreamOptions,
  tools: Schema.optional(Schema.NullOr(Schema.Array(Tool.Tool))),
  tool_choice: Schema.optional(Schema.NullOr(Tool.Choice)),
  parallel_tool_calls: Body.Switch,
  response_format: Schema.optional(Schema.NullOr(Format))
}).check(
  Schema.makeFilter(({ tool_choice: choice, tools }) => {
    if (choice === undefined || choice === null || typeof choice === "string" || choice.type !== "function") return true
    const { name } = choice.function
    return tools?.some((tool) => tool.function?.name === name) || { path: ["tool_choice"], issue: "No such tool" }
  })
)
export type ChatRequest = typeof ChatRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decode = Body.decoder(ChatRequest)

/** Tokens the request may be answered with, `Infinity` if it does not say. */
export const maxTokens = (request: ChatRequest): number =>
  request.max_completion_tokens ?? request.max_tokens ?? Infinity

/** The text of a message, its other parts left out. */
export const textOf = ({ content }: ChatRequest["messages"][number]): string =>
  typeof content === "string" ? content : (content ?? []).flatMap(({ text = [] }) => text).join("\n")

/** What the model is asked: what the user said last. */
export const questionOf = ({ messages }: ChatRequest): string =>
  textOf(messages.findLast(({ role }) => role === "user") ?? messages.at(-1)!)

/** What a request says of tools. */
export const offerOf = (request: ChatRequest): Tool.Offer => {
  const { role } = request.messages.at(-1)!
  return {
    functions: (request.tools ?? []).flatMap((tool) => tool.function ?? []),
    choice: request.tool_choice ?? "auto",
    parallel: request.parallel_tool_calls ?? true,
    question: questionOf(request),
    answered: role === "tool" || role === "function"
  }
}
