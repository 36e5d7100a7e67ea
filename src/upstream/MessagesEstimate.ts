import { Predicate } from "effect"
import * as TokenCount from "../tokenizer/TokenCount.ts"

type Fields = Readonly<Record<string, unknown>>

const field = (value: unknown, name: string): unknown => (Predicate.hasProperty(value, name) ? value[name] : undefined)

const lengthOfJson = (value: unknown): number => (Predicate.isNullish(value) ? 0 : (JSON.stringify(value) ?? "").length)

// A message holds blocks, a tool's result more of them, a document's source still more; what is deeper could exhaust the stack.
const deepest = 6

/** The characters of a content: a text, or blocks that hold texts, calls, results and documents; images count nothing. */
const lengthOf = (content: unknown, depth = 0): number => {
  if (Predicate.isString(content)) return content.length
  if (depth > deepest || !Predicate.isObjectOrArray(content)) return 0
  if (Array.isArray(content)) return content.reduce<number>((sum, block) => sum + lengthOf(block, depth + 1), 0)
  const source = field(content, "source")
  const texts = ["text", "thinking", "content", "title", "context"].map((name) => field(content, name))
  const inSource = field(source, "type") === "text" ? [field(source, "data")] : [field(source, "content")]
  const said = [...texts, ...inSource].reduce<number>((sum, text) => sum + lengthOf(text, depth + 1), 0)
  return said + lengthOfJson(field(content, "input"))
}

const length = ({ messages, system, tools }: Fields): number =>
  lengthOf(system) + lengthOf(messages) + lengthOfJson(tools)

/** Estimates the tokens of what a request of Anthropic's Messages API says: its system prompt, messages and tools. */
export const ofPrompt = (body: Fields): number => TokenCount.of(length(body), 0)

/** The same, and as many as it allows for the reply. */
export const of = (body: Fields): number => {
  const allowed = body["max_tokens"]
  return TokenCount.of(length(body), Predicate.isNumber(allowed) && allowed > 0 ? allowed : 0)
}
