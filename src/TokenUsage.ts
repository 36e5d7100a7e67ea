import { Exit, Predicate } from "effect"

/** The tokens that a call took. */
export interface TokenUsage {
  readonly prompt: number
  readonly completion: number
}

const names = [
  ["prompt", "completion"],
  ["prompt_tokens", "completion_tokens"],
  ["input_tokens", "output_tokens"],
  ["promptTokens", "completionTokens"],
  ["inputTokens", "outputTokens"]
] as const

/** A count of tokens: a number, or an object with the total, as in Effect's `Response.Usage`. */
const countOf = (value: unknown): number | undefined => {
  const count = Predicate.hasProperty(value, "total") ? value.total : value
  return Predicate.isNumber(count) && count >= 0 && count < Infinity ? count : undefined
}

/**
 * Reads the tokens that a call took from the `usage` of its answer, as model clients report it.
 *
 * `undefined` if the answer has none: `prompt_tokens` and `completion_tokens`, `input_tokens` and `output_tokens`, the
 * same in camel case, and `prompt` and `completion` are understood.
 *
 * @example
 * usageOf(Exit.succeed({ usage: { prompt_tokens: 12, completion_tokens: 30 } })) // => { prompt: 12, completion: 30 }
 */
export const usageOf = (end: Exit.Exit<unknown, unknown>): TokenUsage | undefined => {
  if (!Exit.isSuccess(end) || !Predicate.hasProperty(end.value, "usage")) return undefined
  const { usage } = end.value
  if (!Predicate.isObject(usage)) return undefined
  const fields = usage as { readonly [name: string]: unknown }
  for (const [prompt, completion] of names) {
    const counted = countOf(fields[completion])
    if (counted !== undefined) return { prompt: countOf(fields[prompt]) ?? 0, completion: counted }
  }
  return undefined
}
