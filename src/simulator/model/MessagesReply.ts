import { Result } from "effect"
import type { Head } from "./Answer.ts"
import { longestOf, type Reply, type Usage } from "./Reply.ts"

type StopReason = "end_turn" | "max_tokens" | "tool_use"

const stopReasons: Readonly<Record<Reply["finishReason"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use"
}

const usageOf = (usage: Usage, output: number) => ({
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
export type MessagesReply = ReturnType<typeof make>

/** Puts a whole reply into the endpoint's words. */
export const make = (head: Head, reply: Reply, usage: Usage) => ({
  ...messageOf(head),
  content: contentOf(head, reply),
  stop_reason: stopReasons[reply.finishReason],
  usage: usageOf(usage, usage.completion_tokens)
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
  const begun = { ...messageOf(head), content: [], stop_reason: null, usage: usageOf(usage, 1) }
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
