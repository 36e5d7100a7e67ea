import { Predicate } from "effect"
import { type ChatRequest, textOf } from "../ChatRequest.ts"

const shown = /\bJSON\b[^{}]{0,60}\{([^{}]*)\}/gi
const named = /\bJSON\b[^."\n]{0,60}\bkeys? ((?:"\w+"(?:,? (?:and )?)?)+)/gi

const listOf = (keys: string): ReadonlyArray<string> =>
  keys.split(/,| and /).flatMap((key) => key.match(/^\W*(\w+)/)?.[1] ?? [])

/** The keys of the JSON object that a request asks for; none if it asks for none. */
export const keysOf = ({ messages, response_format: format }: ChatRequest): ReadonlyArray<string> => {
  const schema = format?.json_schema?.schema
  if (Predicate.hasProperty(schema, "properties") && Predicate.isObject(schema.properties)) {
    return Object.keys(schema.properties)
  }
  for (const message of messages.toReversed()) {
    if (message.role === "assistant" || message.role === "tool") continue
    const text = textOf(message)
    const last = [...text.matchAll(shown), ...text.matchAll(named)].at(-1)
    if (last?.[1] !== undefined) return listOf(last[1])
  }
  return []
}

/** Whether a request asks for thoughts before the answer. */
export const isProseWanted = ({ messages }: ChatRequest): boolean =>
  messages.some(
    (message) => message.role !== "assistant" && /\bstep by step\b|\bfirst describe\b/i.test(textOf(message))
  )
