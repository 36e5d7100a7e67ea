import { Schema } from "effect"
import type { Reply } from "./Reply.ts"
import { Usage } from "./Usage.ts"

/** A tool the model asks its caller to run. */
export const ToolCall = Schema.Struct({
  id: Schema.String,
  type: Schema.Literal("function"),
  function: Schema.Struct({ name: Schema.String, arguments: Schema.String })
})

/** Why a reply ended. */
export const FinishReason = Schema.Literals(["stop", "length", "tool_calls"])

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
        refusal: Schema.NullOr(Schema.String),
        tool_calls: Schema.optionalKey(Schema.Array(ToolCall))
      }),
      logprobs: Schema.Null,
      finish_reason: FinishReason
    })
  ),
  usage: Usage
})
export type ChatReply = typeof ChatReply.Type

/** What all parts of an answer begin with. */
export interface Head {
  /** Names the request among all of them. */
  readonly serial: string
  readonly created: number
  readonly model: string
}

/** Names a call among all of them. */
export const callId = (serial: string, choice: number, call: number): string => `call_${serial}_${choice}_${call}`

const messageOf = ({ calls, tokens }: Reply, serial: string, choice: number) => {
  const message = { role: "assistant", content: calls.length > 0 ? null : tokens.join(""), refusal: null } as const
  if (calls.length === 0) return message
  return {
    ...message,
    tool_calls: calls.map((call, i) => ({
      id: callId(serial, choice, i),
      type: "function" as const,
      function: { name: call.name, arguments: call.tokens.join("") }
    }))
  }
}

/** Puts whole replies into the endpoint's words. */
export const make = ({ created, model, serial }: Head, replies: ReadonlyArray<Reply>, usage: Usage): ChatReply => ({
  id: `chatcmpl-${serial}`,
  object: "chat.completion",
  created,
  model,
  choices: replies.map((reply, index) => ({
    index,
    message: messageOf(reply, serial, index),
    logprobs: null,
    finish_reason: reply.finishReason
  })),
  usage
})
