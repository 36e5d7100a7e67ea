import { Schema } from "effect"
import * as Body from "./Body.ts"
import { type ChatRequest, Stop, StreamOptions } from "./ChatRequest.ts"

const mostReplies = 2048

const TokenIds = Schema.Array(Schema.Natural)

/** The body of `POST /v1/completions`, as far as the simulated model reads it. */
export const TextRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  prompt: Schema.Union([
    Schema.String,
    Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(2048)),
    TokenIds.check(Schema.isMinLength(1)),
    Schema.Array(TokenIds).check(Schema.isMinLength(1), Schema.isMaxLength(2048))
  ]),
  max_tokens: Body.count(1),
  n: Body.count(1, 128),
  echo: Body.Switch,
  stop: Stop,
  stream_options: StreamOptions
}).check(
  Schema.makeFilter(
    ({ n, prompt }) =>
      typeof prompt === "string" ||
      prompt.length * (n ?? 1) <= mostReplies || { path: ["n"], issue: "Too many for so many prompts" }
  )
)
export type TextRequest = typeof TextRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decode = Body.decoder(TextRequest)

// As the endpoint has it.
const usualTokens = 16

const written = (ids: ReadonlyArray<number>): string => ids.map((id) => `#${id}`).join(" ")

/** The prompts of a request, one or many; tokens as their numbers. */
export const promptsOf = ({ prompt }: TextRequest): ReadonlyArray<string> => {
  if (typeof prompt === "string") return [prompt]
  if (prompt.every((one) => typeof one === "number")) return [written(prompt)]
  return (prompt as ReadonlyArray<string | ReadonlyArray<number>>).map((one) =>
    typeof one === "string" ? one : written(one)
  )
}

/** The chat that comes to the same as one prompt. */
export const chatOf = ({ max_tokens: most, model, n, stop }: TextRequest, prompt: string): ChatRequest => ({
  model,
  messages: [{ role: "user", content: prompt }],
  max_tokens: most ?? usualTokens,
  n,
  stop
})
