import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"

/** Fields that name or sign something, and so are no text of the model; their values would be counted otherwise. */
const labels = new Set([
  "role",
  "id",
  "type",
  "name",
  "object",
  "format",
  "signature",
  "thought_signature",
  "encrypted_content",
  "data",
  "url",
  "file_id",
  "annotations",
  "provider_specific_fields"
])

// Deltas nest a list of calls or parts with an object; what is deeper is an argument, or could exhaust the stack.
const deepest = 8

const collect = (value: unknown, texts: Array<string>, depth: number): void => {
  if (Predicate.isString(value)) {
    if (value !== "" && !texts.includes(value)) texts.push(value)
  } else if (depth < deepest && Predicate.isObjectOrArray(value)) {
    const fields = value as Readonly<Record<string, unknown>>
    for (const name of Object.keys(fields)) if (!labels.has(name)) collect(fields[name], texts, depth + 1)
  }
}

/**
 * Estimates the tokens that a delta writes, whatever its fields are called: text, thoughts, refusals, arguments.
 *
 * A text that stands there twice counts once: some endpoints write a thought under its old name and its new one.
 */
export const written = (delta: unknown): number => {
  if (delta === undefined || delta === null) return 0
  const texts: Array<string> = []
  collect(delta, texts, 0)
  let tokens = 0
  for (const text of texts) tokens += expected(text)
  return tokens
}
