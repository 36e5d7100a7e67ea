import { Predicate, Schema } from "effect"
import * as Body from "./Body.ts"
import type { ChatRequest } from "./ChatRequest.ts"
import * as Tool from "./Tool.ts"

const Text = Schema.Struct({ type: Schema.String, text: Schema.optional(Schema.String) })

const Content = Schema.Union([Schema.String, Schema.Array(Text)])

const Block = Schema.Struct({
  ...Text.fields,
  name: Schema.optional(Schema.String),
  input: Schema.optional(Schema.Unknown),
  content: Schema.optional(Schema.Unknown)
}).check(
  Schema.makeFilter(
    ({ text, type }) => type !== "text" || text !== undefined || { path: ["text"], issue: Body.missing }
  )
)

const Message = Schema.Struct({
  role: Schema.Literals(["user", "assistant", "system"]),
  content: Schema.Union([Schema.String, Schema.Array(Block)])
})

const Choice = Schema.Struct({
  type: Schema.Literals(["auto", "any", "tool", "none"]),
  name: Schema.optional(Schema.String),
  disable_parallel_tool_use: Body.Switch
})

const Offered = Schema.Struct({
  type: Schema.optional(Schema.NullOr(Schema.String)),
  name: Tool.Callable.fields.name,
  description: Tool.Callable.fields.description,
  input_schema: Schema.optional(Schema.Unknown)
})

const Prompt = {
  model: Schema.String.check(Schema.isMinLength(1)),
  messages: Schema.Array(Message).check(Schema.isMinLength(1)),
  system: Schema.optional(Schema.NullOr(Content)),
  tools: Schema.optional(Schema.NullOr(Schema.Array(Offered))),
  tool_choice: Schema.optional(Schema.NullOr(Choice))
}

const hasTool = ({
  tool_choice: choice,
  tools
}: {
  readonly tool_choice?: typeof Choice.Type | null | undefined
  readonly tools?: ReadonlyArray<typeof Offered.Type> | null | undefined
}) =>
  choice?.type !== "tool" ||
  tools?.some(({ name }) => name === choice.name) === true || { path: ["tool_choice"], issue: "No such tool" }

/** The body of `POST /v1/messages/count_tokens`. */
export const CountRequest = Schema.Struct(Prompt).check(Schema.makeFilter(hasTool))
export type CountRequest = typeof CountRequest.Type

/** The body of `POST /v1/messages`, as far as the simulated model reads it. */
export const MessagesRequest = Schema.Struct({
  ...Prompt,
  max_tokens: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  stop_sequences: Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))
}).check(Schema.makeFilter(hasTool))
export type MessagesRequest = typeof MessagesRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decode = Body.decoder(MessagesRequest)

/** The same for a body whose tokens are to be counted. */
export const decodeCount = Body.decoder(CountRequest)

type ChatMessage = ChatRequest["messages"][number]

const decodeContent = Schema.decodeUnknownOption(Content)

/** The text of a tool's result, which is a text or blocks. */
const resultOf = (content: unknown): string => {
  const read = decodeContent(content)
  if (read._tag === "None") return ""
  return Predicate.isString(read.value) ? read.value : read.value.flatMap(({ text = [] }) => text).join("\n")
}

const messagesOf = ({ content, role }: typeof Message.Type): ReadonlyArray<ChatMessage> => {
  if (Predicate.isString(content)) return [{ role, content }]
  const results = content.filter(({ type }) => type === "tool_result")
  const uses = content.filter(({ type }) => type === "tool_use")
  const said = content.filter(({ type }) => type !== "tool_result" && type !== "tool_use")
  const calls = uses.map(({ input, name }) => ({ name, arguments: JSON.stringify(input ?? {}) }))
  const own: ChatMessage = { role, content: said, ...(calls.length > 0 && { tool_calls: calls }) }
  return [
    ...results.map((block): ChatMessage => ({ role: "tool", content: resultOf(block.content) })),
    ...(said.length > 0 || calls.length > 0 ? [own] : [])
  ]
}

const choiceOf = ({ tool_choice: choice }: CountRequest): ChatRequest["tool_choice"] => {
  if (choice?.type === "tool") return { type: "function", function: { name: choice.name! } }
  return choice?.type === "any" ? "required" : choice?.type
}

const toolOf = ({ description, input_schema: parameters, name }: typeof Offered.Type): typeof Tool.Tool.Type =>
  parameters === undefined ? { type: name } : { type: "function", function: { name, description, parameters } }

/** The chat that comes to the same. */
export const chatOf = (request: CountRequest & Partial<MessagesRequest>): ChatRequest => {
  const { messages, model, system, tool_choice: choice, tools } = request
  const first: ReadonlyArray<ChatMessage> = (system ?? "") === "" ? [] : [{ role: "system", content: system! }]
  return {
    model,
    messages: [...first, ...messages.flatMap(messagesOf)],
    max_tokens: request.max_tokens,
    stop: request.stop_sequences,
    tools: tools?.map(toolOf),
    tool_choice: choiceOf(request),
    parallel_tool_calls: choice?.disable_parallel_tool_use !== true
  }
}
