import { Predicate } from "effect"

/** The tokens that a call took. */
export interface Usage {
  readonly prompt: number
  readonly completion: number
}

type Fields = Readonly<Record<string, unknown>>

// No request takes more; sums of larger counts could become infinite.
const most = 1e12

const count = (value: unknown): number | undefined =>
  Predicate.isNumber(value) && value >= 0 && value <= most ? value : undefined

const fieldOf = (value: unknown, name: string): unknown =>
  Predicate.hasProperty(value, name) ? value[name] : undefined

// Anthropic's API counts what it reads from its cache, or writes to it, apart.
const inputOf = (usage: Fields): number | undefined => {
  const input = count(usage["input_tokens"])
  const cached = (count(usage["cache_read_input_tokens"]) ?? 0) + (count(usage["cache_creation_input_tokens"]) ?? 0)
  return input === undefined ? undefined : input + cached
}

/** The tokens that a `usage` tells of; `undefined` if it does not. */
const read = (usage: Fields): Usage | undefined => {
  const prompt = count(usage["prompt_tokens"]) ?? inputOf(usage)
  const completion = count(usage["completion_tokens"]) ?? count(usage["output_tokens"])
  if (prompt === undefined && completion === undefined) return undefined
  const total = count(usage["total_tokens"]) ?? 0
  return {
    prompt: prompt ?? Math.max(0, total - (completion ?? 0)),
    completion: completion ?? Math.max(0, total - (prompt ?? 0))
  }
}

/** The tokens that the `usage` of a value tells of, or the `x_groq.usage`; `undefined` if it does not. */
export const usageIn = (value: unknown): Usage | undefined => {
  if (fieldOf(value, "usage") === undefined && fieldOf(value, "x_groq") === undefined) return undefined
  for (const usage of [fieldOf(value, "usage"), fieldOf(fieldOf(value, "x_groq"), "usage")]) {
    const found = Predicate.isObject(usage) ? read(usage as Fields) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The larger of each field: endpoints tell parts, or what they have counted so far. */
export const merge = (one: Usage | undefined, other: Usage | undefined): Usage | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return { prompt: Math.max(one.prompt, other.prompt), completion: Math.max(one.completion, other.completion) }
}
