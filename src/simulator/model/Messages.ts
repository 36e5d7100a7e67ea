import { Effect, Result, Stream } from "effect"
import { type Accept, streamParts } from "./Accepted.ts"
import type { Head } from "./Chat.ts"
import * as MessagesRequest from "./MessagesRequest.ts"
import type { Settings } from "./Options.ts"
import { longestOf, type Reply, type Usage, usageOf } from "./Reply.ts"
import * as Replies from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

type StopReason = "end_turn" | "max_tokens" | "tool_use"

const stopReasons: Readonly<Record<Reply["finishReason"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use"
}

const billed = (usage: Usage, output: number) => ({
  input_tokens: usage.prompt_tokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: output
})

const textBlock = (text: string) => ({ type: "text", text, citations: null }) as const

const toolUse = ({ serial }: Head, index: number, name: string, input: unknown) =>
  ({ type: "tool_use", id: `toolu_${serial}_${index}`, name, input }) as const

// Arguments that were cut are no JSON.
const inputOf = (json: string): unknown =>
  Result.getOrElse(
    Result.try((): unknown => JSON.parse(json)),
    () => ({})
  )

const contentOf = (head: Head, { calls, tokens }: Reply) =>
  calls.length === 0
    ? [textBlock(tokens.join(""))]
    : calls.map((call, i) => toolUse(head, i, call.name, inputOf(call.tokens.join(""))))

const messageOf = ({ model, serial }: Head) =>
  ({ id: `msg_${serial}`, type: "message", role: "assistant", model, stop_sequence: null }) as const

/** The answer of `POST /v1/messages`. */
export type MessagesReply = ReturnType<typeof replyOf>

/** Puts a whole reply into the endpoint's words. */
export const replyOf = (head: Head, reply: Reply, usage: Usage) => ({
  ...messageOf(head),
  content: contentOf(head, reply),
  stop_reason: stopReasons[reply.finishReason],
  usage: billed(usage, usage.completion_tokens)
})

/** One event of a streamed answer of `POST /v1/messages`. */
export interface MessageEvent {
  readonly type: string
  readonly [key: string]: unknown
}

const start = (index: number, block: object): MessageEvent => ({
  type: "content_block_start",
  index,
  content_block: block
})

const delta = (index: number, content: object): MessageEvent => ({ type: "content_block_delta", index, delta: content })

const stop = (index: number): MessageEvent => ({ type: "content_block_stop", index })

// One group of events for each token: a call's name is its first.
const blockEvents = (head: Head, { calls, tokens }: Reply): ReadonlyArray<ReadonlyArray<MessageEvent>> => {
  if (calls.length === 0) {
    const groups = (tokens.length === 0 ? [""] : tokens).map((text) => [delta(0, { type: "text_delta", text })])
    groups[0]!.unshift(start(0, textBlock("")), { type: "ping" })
    groups.at(-1)!.push(stop(0))
    return groups
  }
  return calls.flatMap((call, index) => {
    const groups = [
      [start(index, toolUse(head, index, call.name, {}))],
      ...call.tokens.map((json) => [delta(index, { type: "input_json_delta", partial_json: json })])
    ]
    groups.at(-1)!.push(stop(index))
    return groups
  })
}

/** Tells, for each token in turn, the events that it brings. */
export const eventsOf = (head: Head, reply: Reply, usage: Usage) => {
  const last = longestOf([reply])
  const blocks = blockEvents(head, reply)
  const begun = { ...messageOf(head), content: [], stop_reason: null, usage: billed(usage, 1) }
  const ended = { stop_reason: stopReasons[reply.finishReason], stop_sequence: null }

  return (token: number): ReadonlyArray<MessageEvent> => [
    ...(token === 1 ? [{ type: "message_start", message: begun }] : []),
    ...(blocks[token - 1] ?? []),
    ...(token === last
      ? [
          { type: "message_delta", delta: ended, usage: { output_tokens: usage.completion_tokens } },
          { type: "message_stop" }
        ]
      : [])
  ]
}

/** Answers requests of Anthropic's Messages API, whole or in events. */
export const make = (settings: Settings, accept: Accept) => {
  const start = Effect.fnUntraced(function* (body: unknown, streamed: boolean) {
    const request = yield* MessagesRequest.decode(body)
    const { model } = request
    const chat = MessagesRequest.chatOf(request)
    const replies = yield* Replies.make(settings, chat)
    const prompt = Tokens.ofPrompt(chat)
    const tokens = longestOf(replies)
    const accepted = yield* accept({ model, prompt, tokens, width: 1, streamed })
    return { reply: replies[0]!, tokens, usage: usageOf(prompt, replies), head: { ...accepted, model }, ...accepted }
  })

  const message = Effect.fn("SimulatedModel.message")(function* (body: unknown) {
    const { generation, head, reply, tokens, usage } = yield* start(body, false)
    yield* generation.produced(tokens)
    return replyOf(head, reply, usage)
  }, Effect.scoped)

  const streamMessage = (body: unknown) =>
    start(body, true).pipe(
      Effect.map(({ generation, head, reply, tokens, usage }) =>
        streamParts(generation, tokens, eventsOf(head, reply, usage))
      ),
      Stream.unwrap
    )

  const countTokens = (body: unknown) =>
    Effect.map(MessagesRequest.decodeCount(body), (request) => ({
      input_tokens: Tokens.ofPrompt(MessagesRequest.chatOf(request))
    }))

  return { message, streamMessage, countTokens }
}
