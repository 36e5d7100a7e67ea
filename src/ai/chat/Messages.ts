import { Effect } from "effect"
import { AiError, Prompt } from "effect/ai"
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam
} from "openai/resources"
import * as Files from "./Files.ts"

const partOf = (part: Prompt.UserMessagePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> =>
  part.type === "text" ? Effect.succeed({ type: "text", text: part.text }) : Files.of(part)

const userMessage = ({
  content
}: Prompt.UserMessage): Effect.Effect<ChatCompletionMessageParam, AiError.InvalidRequestError> => {
  const [first] = content
  return content.length === 1 && first?.type === "text"
    ? Effect.succeed({ role: "user", content: first.text })
    : Effect.map(Effect.forEach(content, partOf), (parts) => ({ role: "user", content: parts }))
}

const callOf = ({ id, name, params }: Prompt.ToolCallPart): ChatCompletionMessageFunctionToolCall => ({
  id,
  type: "function",
  // Arguments that were no JSON are in the prompt as the text they were.
  function: { name, arguments: typeof params === "string" ? params : JSON.stringify(params ?? {}) }
})

const noFile = () =>
  Effect.fail(
    new AiError.InvalidRequestError({
      parameter: "prompt",
      description: "An assistant's message holds a file; the model takes files in a user's message only."
    })
  )

// What a provider ran itself, and what the model thought, is of no use to this endpoint, which takes neither back.
const assistantMessage = Effect.fnUntraced(function* ({ content }: Prompt.AssistantMessage) {
  if (content.some(({ type }) => type === "file")) return yield* noFile()
  const text = content.flatMap((part) => (part.type === "text" ? part.text : [])).join("")
  const calls = content.flatMap((part) => (part.type === "tool-call" && !part.providerExecuted ? callOf(part) : []))
  if (text === "" && calls.length === 0) return []
  const message: ChatCompletionAssistantMessageParam = { role: "assistant", content: text === "" ? null : text }
  return [calls.length === 0 ? message : { ...message, tool_calls: calls }]
})

const written = ({ modelOutput, result }: Prompt.ToolResultPart): string => {
  if (modelOutput !== undefined) return Prompt.toolModelOutputToText(modelOutput)
  return typeof result === "string" ? result : (JSON.stringify(result) ?? "null")
}

const toolMessages = ({ content }: Prompt.ToolMessage): ReadonlyArray<ChatCompletionMessageParam> =>
  content.flatMap((part) =>
    part.type === "tool-result" ? { role: "tool", tool_call_id: part.id, content: written(part) } : []
  )

const messagesOf = (
  message: Prompt.Message
): Effect.Effect<ReadonlyArray<ChatCompletionMessageParam>, AiError.InvalidRequestError> => {
  switch (message.role) {
    case "system":
      return Effect.succeed([{ role: "system", content: message.content }])
    case "user":
      return Effect.map(userMessage(message), (one) => [one])
    case "assistant":
      return assistantMessage(message)
    case "tool":
      return Effect.succeed(toolMessages(message))
  }
}

/** Puts a prompt into the endpoint's words. */
export const of = (
  prompt: Prompt.Prompt
): Effect.Effect<Array<ChatCompletionMessageParam>, AiError.InvalidRequestError> =>
  Effect.map(Effect.forEach(prompt.content, messagesOf), (messages) => messages.flat())
