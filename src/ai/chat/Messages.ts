import { Effect, Predicate } from "effect"
import { AiError, Prompt } from "effect/ai"
import { Base64 } from "effect/encoding"
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam
} from "openai/resources"

type Detail = NonNullable<ChatCompletionContentPartImage.ImageURL["detail"]>

const audio: Readonly<Record<string, "wav" | "mp3">> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3"
}

const notTaken = (part: Prompt.FilePart, why: string) =>
  Effect.fail(
    new AiError.InvalidRequestError({
      parameter: "prompt",
      description: `A file of type ${JSON.stringify(part.mediaType)} is in the prompt; ${why}.`
    })
  )

// The endpoint takes any image type under its own name, but not the wildcard.
const typeOf = ({ mediaType }: Prompt.FilePart): string => (mediaType === "image/*" ? "image/jpeg" : mediaType)

const isUrl = (text: string): boolean => /^(https?|data):/i.test(text)

const urlOf = ({ data }: Prompt.FilePart): string | undefined => {
  if (data instanceof URL) return data.href
  return Predicate.isString(data) && isUrl(data) ? data : undefined
}

const base64Of = (part: Prompt.FilePart): string | undefined => {
  const url = urlOf(part)
  if (url !== undefined) return /^data:[^,]*;base64,(.*)$/is.exec(url)?.[1]
  return part.data instanceof Uint8Array ? Base64.encode(part.data) : String(part.data)
}

const dataUrlOf = (part: Prompt.FilePart, base64: string): string => `data:${typeOf(part)};base64,${base64}`

const detailOf = ({ options }: Prompt.FilePart): { readonly detail?: Detail } => {
  const detail = Predicate.hasProperty(options["openai"], "imageDetail") ? options["openai"].imageDetail : undefined
  return detail === "auto" || detail === "low" || detail === "high" ? { detail } : {}
}

const imageOf = (part: Prompt.FilePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> => {
  const url = urlOf(part) ?? dataUrlOf(part, base64Of(part)!)
  return isUrl(url)
    ? Effect.succeed({ type: "image_url", image_url: { url, ...detailOf(part) } })
    : notTaken(part, "the model fetches http and https URLs only, so give its bytes in place of another URL")
}

/**
 * Puts a file of a prompt into the endpoint's words, or says why it cannot.
 *
 * It takes images, by URL or inline, sound as WAV or MP3, and PDF. A text in place of bytes is base64, a `data:` URL, or for an
 * image any URL; for a PDF it may be the id of an uploaded file.
 */
const fileOf = (part: Prompt.FilePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> => {
  if (part.mediaType.startsWith("image/")) return imageOf(part)
  if (Predicate.isString(part.data) && part.data.startsWith("file-")) {
    return Effect.succeed({ type: "file", file: { file_id: part.data } })
  }
  const format = Object.hasOwn(audio, part.mediaType) ? audio[part.mediaType] : undefined
  if (format === undefined && part.mediaType !== "application/pdf") {
    return notTaken(part, "the model takes images, audio/wav, audio/mpeg and application/pdf; give a text as text")
  }
  const base64 = base64Of(part)
  if (base64 === undefined) return notTaken(part, "the model fetches images only, so give its bytes in place of a URL")
  if (format !== undefined) return Effect.succeed({ type: "input_audio", input_audio: { data: base64, format } })
  const filename = part.fileName ?? "document.pdf"
  return Effect.succeed({ type: "file", file: { filename, file_data: dataUrlOf(part, base64) } })
}

const partOf = (part: Prompt.UserMessagePart): Effect.Effect<ChatCompletionContentPart, AiError.InvalidRequestError> =>
  part.type === "text" ? Effect.succeed({ type: "text", text: part.text }) : fileOf(part)

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
