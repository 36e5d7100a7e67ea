import { Predicate, Result } from "effect"
import type { Tokenizer } from "./Tokenizer.ts"

type Body = Readonly<Record<string, unknown>>
type Count = (text: string) => number

// What the endpoint adds around each message (its role and delimiters) and before the reply.
export const perMessage = 4
export const perReply = 3
// An image of 1024 × 1024 pixels, as OpenAI bills it for gpt-4o; the size of its data does not matter.
export const perImage = 765
const perImageOfLowDetail = 85
// MP3 at 128 kbit/s, ten tokens a second.
const audioCharactersPerToken = 2_000

// Requests nest messages, parts, calls and functions; what is deeper is no text of theirs, and could exhaust the stack.
const deepest = 6
// The limits of a request that say so take no more than this.
const most = 1e12

const textFields = ["text", "thinking", "refusal", "name", "arguments", "output"] as const
const nestedFields = ["content", "tool_calls", "function", "summary"] as const

const imageTokens = ({ detail, image_url: image }: Body): number =>
  detail === "low" || (Predicate.hasProperty(image, "detail") && image.detail === "low")
    ? perImageOfLowDetail
    : perImage

const audioTokens = ({ data }: Body): number =>
  Predicate.isString(data) ? Math.ceil(data.length / audioCharactersPerToken) : 0

/** The tokens of a text, of a list of texts, parts or messages; a number in a list is a token already. */
const said = (value: unknown, count: Count, depth = 0): number => {
  if (Predicate.isString(value)) return count(value)
  if (depth > deepest) return 0
  if (Array.isArray(value)) {
    return value.reduce<number>((sum, one) => sum + (Predicate.isNumber(one) ? 1 : said(one, count, depth + 1)), 0)
  }
  return Predicate.isObject(value) ? part(value as Body, count, depth) : 0
}

/** The tokens of a document in Anthropic's API: its text, or its blocks; other data counts as nothing, whatever its size. */
const documentTokens = (source: unknown, count: Count, depth: number): number => {
  if (!Predicate.isObject(source)) return 0
  const { content, data, type } = source as Body
  return said(type === "text" ? data : content, count, depth)
}

const part = (value: Body, count: Count, depth: number): number => {
  const { type } = value
  if (value["image_url"] !== undefined || type === "input_image" || type === "image") return imageTokens(value)
  // The arguments of a call in Anthropic's API.
  if (type === "tool_use") return said(value["name"], count) + written(value["input"], count)
  if (Predicate.isObject(value["input_audio"])) return audioTokens(value["input_audio"] as Body)
  let tokens = value["role"] === undefined ? 0 : perMessage
  for (const field of textFields) if (Predicate.isString(value[field])) tokens += count(value[field])
  for (const field of nestedFields) {
    if (!Predicate.isNumber(value[field])) tokens += said(value[field], count, depth + 1)
  }
  return tokens + documentTokens(value["source"], count, depth + 1)
}

/** The tokens of a definition, such as a tool's, which the model is shown about as it is written. */
const written = (value: unknown, count: Count): number => {
  if (!Predicate.isObjectOrArray(value)) return 0
  // JSON that is nested without end cannot be written.
  const text = Result.try(() => JSON.stringify(value))
  return Result.isSuccess(text) ? count(text.success) : 0
}

const definitions = ["tools", "functions", "response_format"] as const

/**
 * Counts the tokens of a request's prompt: messages with their overhead, calls of tools, definitions and schemas. An
 * image counts by its detail and sound by its length, never as the text of its data; a file counts nothing.
 */
export const ofPrompt = (body: Body, tokenizer: Tokenizer): number => {
  const count = tokenizer.bounded()
  const { input, instructions, messages, prompt, system, text } = body
  let tokens = Array.isArray(messages) ? perReply : 0
  for (const value of [system, messages, prompt, input, instructions]) {
    if (!Predicate.isNumber(value)) tokens += said(value, count)
  }
  for (const field of definitions) tokens += written(body[field], count)
  if (Predicate.hasProperty(text, "format")) tokens += written(text.format, count)
  return Math.min(most, tokens)
}

const amount = (value: unknown): number => (Predicate.isNumber(value) && value > 0 ? value : 0)

/** The tokens that a request allows for its replies; 0 if it does not say. */
export const ofReplies = (body: Body): number => {
  const allowed = body["max_completion_tokens"] ?? body["max_tokens"] ?? body["max_output_tokens"]
  return Math.min(most, Math.ceil(amount(allowed) * Math.max(1, amount(body["n"]))))
}

/** The tokens to reserve for a request: those of its prompt, and as many as it allows for its replies. */
export const withReply = (prompt: number, body: Body): number => Math.min(most, Math.ceil(prompt) + ofReplies(body))
