import { Schema } from "effect"
import * as Body from "./Body.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import * as Tool from "./Tool.ts"

const Content = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) }))
])

const Item = Schema.Struct({
  type: Schema.optional(Schema.String),
  role: Schema.optional(Schema.Literals(["system", "developer", "user", "assistant"])),
  content: Schema.optional(Schema.NullOr(Content)),
  name: Schema.optional(Schema.NullOr(Schema.String)),
  arguments: Schema.optional(Schema.NullOr(Schema.String)),
  output: Schema.optional(Schema.NullOr(Content))
}).check(
  Schema.makeFilter(({ content, role, type = "message" }) => {
    if (type !== "message") return true
    if (role === undefined) return { path: ["role"], issue: Body.missing }
    return (content !== undefined && content !== null) || { path: ["content"], issue: Body.missing }
  })
)

// Other items, such as reasoning, are passed over.
const isSaid = ({ type = "message" }: typeof Item.Type): boolean =>
  ["message", "function_call", "function_call_output"].includes(type)

const Format = Schema.Struct({
  type: Schema.Literals(["text", "json_object", "json_schema"]),
  schema: Schema.optional(Schema.Unknown)
})

const Callable = Schema.Struct({ type: Schema.Literal("function"), ...Tool.Callable.fields })
const OtherTool = Schema.Struct({ type: Schema.String.check(Schema.makeFilter((type) => type !== "function")) })

const Named = Schema.Struct({ type: Schema.Literal("function"), name: Schema.String })

/** The body of `POST /v1/responses`, as far as the simulated model reads it. */
export const ResponseRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  input: Schema.Union([
    Schema.String,
    Schema.Array(Item).check(Schema.makeFilter((items) => items.some(isSaid) || "Expected a message"))
  ]),
  instructions: Schema.optional(Schema.NullOr(Schema.String)),
  max_output_tokens: Body.count(1),
  tools: Schema.optional(Schema.NullOr(Schema.Array(Schema.Union([Callable, OtherTool])))),
  tool_choice: Schema.optional(Schema.NullOr(Schema.Union([Schema.Literals(["none", "auto", "required"]), Named]))),
  parallel_tool_calls: Body.Switch,
  text: Schema.optional(Schema.NullOr(Schema.Struct({ format: Schema.optional(Format) }))),
  previous_response_id: Schema.optional(Schema.NullOr(Schema.String))
}).check(
  Schema.makeFilter(({ previous_response_id: previous, tool_choice: choice, tools }) => {
    if (previous !== undefined && previous !== null) {
      return { path: ["previous_response_id"], issue: "No response is kept here" }
    }
    if (typeof choice !== "object" || choice === null) return true
    const has = tools?.some((tool) => "name" in tool && tool.name === choice.name) === true
    return has || { path: ["tool_choice"], issue: "No such tool" }
  })
)
export type ResponseRequest = typeof ResponseRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decode = Body.decoder(ResponseRequest)

type Message = ChatRequest["messages"][number]

const messageOf = (item: typeof Item.Type): ReadonlyArray<Message> => {
  const { content, name, output, role, type = "message" } = item
  if (type === "message") return [{ role: role!, content: textual(content) }]
  if (type === "function_call_output") return [{ role: "tool", content: textual(output) }]
  if (type !== "function_call") return []
  return [{ role: "assistant", content: null, tool_calls: [{ name, arguments: item.arguments }] }]
}

// Every part that has a text is one, whichever side it came from.
const textual = (content: typeof Content.Type | null | undefined): typeof Content.Type =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => (part.text === undefined ? part : { type: "text", text: part.text }))

const formatOf = ({ text }: ResponseRequest): ChatRequest["response_format"] => {
  const format = text?.format
  return format?.type === "json_schema" ? { type: "json_schema", json_schema: { schema: format.schema } } : format
}

const toolOf = (tool: NonNullable<ResponseRequest["tools"]>[number]): typeof Tool.Tool.Type =>
  "name" in tool ? { type: "function", function: tool } : tool

/** The chat that comes to the same. */
export const chatOf = (request: ResponseRequest): ChatRequest => {
  const { input, instructions, tool_choice: choice } = request
  const items = typeof input === "string" ? [{ role: "user" as const, content: input }] : input
  const first: ReadonlyArray<Message> =
    instructions === undefined || instructions === null ? [] : [{ role: "system", content: instructions }]
  return {
    model: request.model,
    messages: [...first, ...items.flatMap(messageOf)],
    max_tokens: request.max_output_tokens,
    tools: request.tools?.map(toolOf),
    tool_choice: typeof choice === "object" && choice !== null ? { type: "function", function: choice } : choice,
    parallel_tool_calls: request.parallel_tool_calls,
    response_format: formatOf(request)
  }
}
