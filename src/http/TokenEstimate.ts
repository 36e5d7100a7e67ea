import { Predicate } from "effect"

// Four characters make a token, which is near the truth for English.
const perToken = 4

// The limits of a request that say so take no more than this.
const most = 1e12

const characters = (value: unknown): number => {
  if (Predicate.isString(value)) return value.length
  if (!Array.isArray(value)) return 0
  return value.reduce<number>((sum, part) => sum + characters(Predicate.hasProperty(part, "text") ? part.text : 0), 0)
}

const count = (value: unknown): number => (Predicate.isNumber(value) && value > 0 ? value : 0)

/** Estimates the tokens of a chat request: its prompt's, and as many as it allows for its replies. */
export const ofChat = (body: Readonly<Record<string, unknown>>): number => {
  const messages: ReadonlyArray<unknown> = Array.isArray(body["messages"]) ? body["messages"] : []
  const prompt = messages.reduce<number>(
    (sum, message) => sum + characters(Predicate.hasProperty(message, "content") ? message.content : 0),
    0
  )
  const reply = count(body["max_completion_tokens"] ?? body["max_tokens"]) * Math.max(1, count(body["n"]))
  return Math.min(most, Math.ceil(prompt / perToken) + reply)
}
