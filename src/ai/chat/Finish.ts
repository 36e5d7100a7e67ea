import { Option, Schema } from "effect"
import type { Response } from "effect/ai"

const Count = Schema.optional(Schema.NullOr(Schema.Natural))

const Usage = Schema.Struct({
  prompt_tokens: Count,
  completion_tokens: Count,
  prompt_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({ cached_tokens: Count }))),
  completion_tokens_details: Schema.optional(Schema.NullOr(Schema.Struct({ reasoning_tokens: Count })))
})

const decode = Schema.decodeUnknownOption(Usage)

const less = (total: number | undefined, part: number | undefined) =>
  total === undefined || part === undefined ? undefined : Math.max(0, total - part)

/** The tokens a reply took; what the endpoint does not tell, or not in numbers, is not known. */
const usageOf = (told: unknown): Response.FinishPartEncoded["usage"] => {
  const usage = Option.getOrUndefined(decode(told))
  const input = usage?.prompt_tokens ?? undefined
  const output = usage?.completion_tokens ?? undefined
  const cached = usage?.prompt_tokens_details?.cached_tokens ?? undefined
  const reasoning = usage?.completion_tokens_details?.reasoning_tokens ?? undefined
  return {
    inputTokens: { total: input, uncached: less(input, cached), cacheRead: cached, cacheWrite: undefined },
    outputTokens: { total: output, text: less(output, reasoning), reasoning }
  }
}

const reasons: Readonly<Record<string, Response.FinishReason>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  error: "error"
}

const reasonOf = (told: string | null | undefined, calls: boolean): Response.FinishReason => {
  const reason = typeof told === "string" && Object.hasOwn(reasons, told) ? reasons[told]! : "unknown"
  // Some servers say that the reply just stopped.
  return calls && reason === "stop" ? "tool-calls" : reason
}

/** Says how a reply ended, and what it took. */
export const make = (told: string | null | undefined, usage: unknown, calls: boolean): Response.FinishPartEncoded => ({
  type: "finish",
  reason: reasonOf(told, calls),
  usage: usageOf(usage),
  response: undefined
})
