import { Schema } from "effect"
import type { ChatRequest } from "./ChatRequest.ts"
import type { Reply } from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

/** The tokens a reply took, as an endpoint bills them. */
export const Usage = Schema.Struct({
  prompt_tokens: Schema.Int,
  completion_tokens: Schema.Int,
  total_tokens: Schema.Int
})

/** The answer of `POST /v1/chat/completions`. */
export const ChatReply = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("chat.completion"),
  /** Seconds since 1970. */
  created: Schema.Int,
  model: Schema.String,
  choices: Schema.Array(
    Schema.Struct({
      index: Schema.Int,
      message: Schema.Struct({
        role: Schema.Literal("assistant"),
        content: Schema.NullOr(Schema.String),
        refusal: Schema.NullOr(Schema.String)
      }),
      logprobs: Schema.Null,
      finish_reason: Schema.Literals(["stop", "length"])
    })
  ),
  usage: Usage
})
export type ChatReply = typeof ChatReply.Type

/** Puts a whole reply into the endpoint's words. */
export const make = (id: string, now: number, request: ChatRequest, { finishReason, tokens }: Reply): ChatReply => {
  const prompt = Tokens.ofPrompt(request)
  return {
    id,
    object: "chat.completion",
    created: Math.floor(now / 1000),
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: tokens.join(""), refusal: null },
        logprobs: null,
        finish_reason: finishReason
      }
    ],
    usage: { prompt_tokens: prompt, completion_tokens: tokens.length, total_tokens: prompt + tokens.length }
  }
}
