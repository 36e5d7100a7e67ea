import { Predicate } from "effect"
import type { Response } from "effect/ai"
import { field } from "./ReplyContent.ts"

/** The tokens that a reply took, as far as its endpoint says so. */
export interface Usage {
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly cached?: number | undefined
  readonly reasoning?: number | undefined
}

const count = (value: unknown): number | undefined => {
  const number = Predicate.isString(value) && /^\d+$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined
}

const usageIn = (told: unknown): Usage => ({
  input: count(field(told, "prompt_tokens") ?? field(told, "input_tokens")),
  output: count(field(told, "completion_tokens") ?? field(told, "output_tokens")),
  cached: count(field(field(told, "prompt_tokens_details"), "cached_tokens") ?? field(told, "prompt_cache_hit_tokens")),
  reasoning: count(field(field(told, "completion_tokens_details"), "reasoning_tokens"))
})

const larger = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)

const merge = (one: Usage, other: Usage): Usage => ({
  input: larger(one.input, other.input),
  output: larger(one.output, other.output),
  cached: larger(one.cached, other.cached),
  reasoning: larger(one.reasoning, other.reasoning)
})

/** The usage in a reply or a chunk, and where some servers put it, on top of what is known; the largest of each counts. */
export const usageOf = (reply: object, choice: unknown, known: Usage = {}): Usage =>
  [field(reply, "usage"), field(choice, "usage"), field(field(reply, "x_groq"), "usage")]
    .filter(Predicate.isObject)
    .reduce((usage: Usage, told) => merge(usage, usageIn(told)), known)

const less = (total: number | undefined, part: number | undefined) =>
  total === undefined || part === undefined ? undefined : Math.max(0, total - part)

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  eos: "stop",
  eos_token: "stop",
  end_turn: "stop",
  stop_sequence: "stop",
  complete: "stop",
  length: "length",
  max_tokens: "length",
  model_length: "length",
  tool_calls: "tool-calls",
  tool_use: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  safety: "content-filter",
  error: "error"
}

/** Whether a `finish_reason` says that the reply has ended; some servers write an empty one until it has. */
export const hasEnded = (told: unknown): boolean => !Predicate.isNullish(told) && told !== ""

const reasonOf = (told: unknown, calls: boolean): Response.FinishReason => {
  const name = Predicate.isString(told) ? told.toLowerCase() : ""
  const reason = Object.hasOwn(reasons, name) ? reasons[name]! : "unknown"
  // Some servers say that the reply just stopped, or nothing.
  return calls && (reason === "stop" || !hasEnded(told)) ? "tool-calls" : reason
}

/** Says how a reply ended, and what it took. */
export const make = (
  told: unknown,
  { cached, input, output, reasoning }: Usage,
  calls: boolean
): Response.FinishPartEncoded => ({
  type: "finish",
  reason: reasonOf(told, calls),
  usage: {
    inputTokens: { total: input, uncached: less(input, cached), cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: output, text: less(output, reasoning), reasoning }
  },
  response: undefined
})
