import { Effect, Schema } from "effect"
import type { Accept } from "./Accepted.ts"
import * as Answer from "./Answer.ts"
import type { Head } from "./Answer.ts"
import * as ChatRequest from "./ChatRequest.ts"
import type { Settings } from "./Options.ts"
import { lengthOf, longestOf, type Reply, Usage } from "./Reply.ts"
import * as Replies from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

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
export const replyOf = ({ created, model, serial }: Head, replies: ReadonlyArray<Reply>, usage: Usage): ChatReply => ({
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

const CallDelta = Schema.Struct({
  index: Schema.Int,
  id: Schema.optionalKey(Schema.String),
  type: Schema.optionalKey(Schema.Literal("function")),
  function: Schema.Struct({ name: Schema.optionalKey(Schema.String), arguments: Schema.String })
})

const Delta = Schema.Struct({
  role: Schema.optionalKey(Schema.Literal("assistant")),
  content: Schema.optionalKey(Schema.NullOr(Schema.String)),
  refusal: Schema.optionalKey(Schema.Null),
  tool_calls: Schema.optionalKey(Schema.Array(CallDelta))
})

const Choice = Schema.Struct({
  index: Schema.Int,
  delta: Delta,
  logprobs: Schema.Null,
  finish_reason: Schema.NullOr(FinishReason)
})

/** One part of a streamed answer of `POST /v1/chat/completions`. */
export const ChatChunk = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("chat.completion.chunk"),
  /** Seconds since 1970. */
  created: Schema.Int,
  model: Schema.String,
  choices: Schema.Array(Choice),
  usage: Schema.optionalKey(Schema.NullOr(Usage))
})
export type ChatChunk = typeof ChatChunk.Type

const callDeltas = (reply: Reply, serial: string, choice: number) =>
  reply.calls.flatMap(({ name, tokens }, index): ReadonlyArray<typeof CallDelta.Type> => [
    { index, id: callId(serial, choice, index), type: "function", function: { name, arguments: "" } },
    ...tokens.map((token) => ({ index, function: { arguments: token } }))
  ])

/** Tells, for each token, the chunks that it brings; the usage comes last, if it is asked for. */
export const chunksOf = ({ created, model, serial }: Head, replies: ReadonlyArray<Reply>, usage: Usage | undefined) => {
  const head = { id: `chatcmpl-${serial}`, object: "chat.completion.chunk", created, model } as const
  const last = longestOf(replies)
  const calls = replies.map((reply, choice) => callDeltas(reply, serial, choice))
  const more = usage === undefined ? {} : { usage: null }

  const chunk = (index: number, delta: typeof Delta.Type, reason: Reply["finishReason"] | null): ChatChunk => ({
    ...head,
    choices: [{ index, delta, logprobs: null, finish_reason: reason }],
    ...more
  })

  const ofChoice = (token: number) => (reply: Reply, index: number) => {
    const length = lengthOf(reply)
    const chunks: Array<ChatChunk> = []
    if (token === 1) {
      chunks.push(chunk(index, { role: "assistant", content: reply.calls.length > 0 ? null : "", refusal: null }, null))
    }
    const content = reply.tokens[token - 1]
    const call = calls[index]![token - 1]
    if (content !== undefined) chunks.push(chunk(index, { content }, null))
    if (call !== undefined) chunks.push(chunk(index, { tool_calls: [call] }, null))
    if (token === Math.max(1, length)) chunks.push(chunk(index, {}, reply.finishReason))
    return chunks
  }

  return (token: number): ReadonlyArray<ChatChunk> => {
    const chunks = replies.flatMap(ofChoice(token))
    return token === last && usage !== undefined ? [...chunks, { ...head, choices: [], usage }] : chunks
  }
}

/** Answers chat requests, whole or in parts. */
export const make = (settings: Settings, accept: Accept) => {
  const read = Effect.fnUntraced(function* (body: unknown) {
    const request = yield* ChatRequest.decode(body)
    const replies = yield* Replies.make(settings, request)
    return { request, model: request.model, prompt: Tokens.ofPrompt(request), replies }
  })

  return Answer.make("complete", accept, {
    read,
    whole: (head, { replies }, usage) => replyOf(head, replies, usage),
    parts: (head, { replies, request }, usage) =>
      chunksOf(head, replies, request.stream_options?.include_usage === true ? usage : undefined)
  })
}
