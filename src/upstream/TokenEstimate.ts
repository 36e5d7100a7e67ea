import { Predicate } from "effect"
import * as TokenEstimate from "../tokenizer/TokenCount.ts"

// Requests nest a list of messages with a list of parts; what is deeper is no text of theirs, and could exhaust the stack.
const deepest = 3

/** The characters of a text, of a list of texts, parts or messages; a number in a list is a token already. */
const characters = (value: unknown, depth = 0): number => {
  if (Predicate.isString(value)) return value.length
  if (Predicate.isNumber(value)) return TokenEstimate.perToken
  if (depth > deepest) return 0
  if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + characters(part, depth + 1), 0)
  if (Predicate.hasProperty(value, "text")) return Predicate.isString(value.text) ? value.text.length : 0
  if (!Predicate.hasProperty(value, "content")) return 0
  return Predicate.isNumber(value.content) ? 0 : characters(value.content, depth + 1)
}

const count = (value: unknown): number => (Predicate.isNumber(value) && value > 0 ? value : 0)

const said = ["messages", "prompt", "input", "instructions"] as const

const length = (body: Readonly<Record<string, unknown>>): number =>
  said.reduce((sum, field) => sum + (Predicate.isNumber(body[field]) ? 0 : characters(body[field])), 0)

/** Estimates the tokens of what a request says. */
export const ofPrompt = (body: Readonly<Record<string, unknown>>): number => TokenEstimate.of(length(body), 0)

/** Estimates the tokens of a request: those of what it says, and as many as it allows for its replies. */
export const of = (body: Readonly<Record<string, unknown>>): number => {
  const allowed = body["max_completion_tokens"] ?? body["max_tokens"] ?? body["max_output_tokens"]
  return TokenEstimate.of(length(body), count(allowed) * Math.max(1, count(body["n"])))
}
