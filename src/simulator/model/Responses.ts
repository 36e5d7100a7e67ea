import { Effect } from "effect"
import type { Accept } from "./Accepted.ts"
import * as Answer from "./Answer.ts"
import type { Head } from "./Answer.ts"
import type { Settings } from "./Options.ts"
import { type Call, longestOf, type Reply, type Usage } from "./Reply.ts"
import * as Replies from "./Reply.ts"
import type { ResponseRequest } from "./ResponseRequest.ts"
import * as Requests from "./ResponseRequest.ts"
import { callId } from "./Chat.ts"
import * as Tokens from "./Tokens.ts"

type Status = "in_progress" | "completed" | "incomplete"

/** A text inside a message. */
export const partOf = (text: string) => ({ type: "output_text", text, annotations: [], logprobs: [] }) as const

/** A message of the model. */
export const messageOf = ({ serial }: Head, status: Status, text: string | undefined) =>
  ({
    id: `msg_${serial}`,
    type: "message",
    role: "assistant",
    status,
    content: text === undefined ? [] : [partOf(text)]
  }) as const

/** A tool the model asks its caller to run. */
export const callOf = ({ serial }: Head, status: Status, index: number, { name, tokens }: Call) =>
  ({
    id: `fc_${serial}_${index}`,
    type: "function_call",
    call_id: callId(serial, 0, index),
    name,
    arguments: tokens.join(""),
    status
  }) as const

type Item = ReturnType<typeof messageOf> | ReturnType<typeof callOf>

/** The answer of `POST /v1/responses`. */
export type ResponseReply = ReturnType<typeof replyOf>

/** How a whole reply ended. */
export const statusOf = ({ finishReason }: Reply) => (finishReason === "length" ? "incomplete" : "completed")

/** What a whole reply consists of. */
export const outputOf = (head: Head, reply: Reply): ReadonlyArray<Item> => {
  const { calls, tokens } = reply
  if (calls.length === 0) return [messageOf(head, statusOf(reply), tokens.join(""))]
  return calls.map((call, i) => callOf(head, i + 1 < calls.length ? "completed" : statusOf(reply), i, call))
}

const billed = ({ completion_tokens: output, prompt_tokens: input, total_tokens: total }: Usage) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: total
})

/** Puts an answer into the endpoint's words; one in progress has neither output nor usage yet. */
export const replyOf = (head: Head, request: ResponseRequest, reply: Reply, usage: Usage | undefined) => {
  const status: Status = usage === undefined ? "in_progress" : statusOf(reply)
  return {
    id: `resp_${head.serial}`,
    object: "response" as const,
    created_at: head.created,
    status,
    error: null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" as const } : null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: {},
    model: head.model,
    output: usage === undefined ? [] : outputOf(head, reply),
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    temperature: 1,
    text: { format: request.text?.format ?? { type: "text" as const } },
    tool_choice: request.tool_choice ?? "auto",
    tools: request.tools ?? [],
    top_p: 1,
    usage: usage === undefined ? null : billed(usage)
  }
}

interface Event {
  readonly type: string
  readonly [key: string]: unknown
}

/** One event of a streamed answer of `POST /v1/responses`. */
export interface ResponseEvent extends Event {
  /** Counts the events of the answer from 0. */
  readonly sequence_number: number
}

const textEvents = (head: Head, reply: Reply, token: number): ReadonlyArray<Event> => {
  const item = { output_index: 0, item_id: messageOf(head, "in_progress", undefined).id }
  const place = { ...item, content_index: 0 }
  const delta = reply.tokens[token - 1]
  const events: Array<Event> = []
  if (token === 1) {
    events.push(
      {
        type: "response.output_item.added",
        output_index: 0,
        item: messageOf(head, "in_progress", undefined)
      },
      { type: "response.content_part.added", ...place, part: partOf("") }
    )
  }
  if (delta !== undefined) events.push({ type: "response.output_text.delta", ...place, delta, logprobs: [] })
  if (token === longestOf([reply])) {
    const text = reply.tokens.join("")
    events.push(
      { type: "response.output_text.done", ...place, text, logprobs: [] },
      { type: "response.content_part.done", ...place, part: partOf(text) },
      { type: "response.output_item.done", output_index: 0, item: outputOf(head, reply)[0] }
    )
  }
  return events
}

// One group of events for each token: a call's name is its first.
const callEvents = (head: Head, reply: Reply): ReadonlyArray<ReadonlyArray<Event>> => {
  const output = outputOf(head, reply)
  return reply.calls.flatMap((call, index) => {
    const added = callOf(head, "in_progress", index, { name: call.name, tokens: [] })
    const place = { output_index: index, item_id: added.id }
    const groups: Array<Array<Event>> = [
      [{ type: "response.output_item.added", output_index: index, item: added }],
      ...call.tokens.map((delta) => [{ type: "response.function_call_arguments.delta", ...place, delta }])
    ]
    const { name, tokens } = call
    groups
      .at(-1)!
      .push(
        { type: "response.function_call_arguments.done", ...place, name, arguments: tokens.join("") },
        { type: "response.output_item.done", output_index: index, item: output[index] }
      )
    return groups
  })
}

/** Tells, for each token in turn, the events that it brings. */
export const eventsOf = (head: Head, request: ResponseRequest, reply: Reply, usage: Usage) => {
  const last = longestOf([reply])
  const calls = callEvents(head, reply)
  let sequence = 0

  return (token: number): ReadonlyArray<ResponseEvent> => {
    const events: Array<Event> = []
    if (token === 1) {
      const response = replyOf(head, request, reply, undefined)
      events.push({ type: "response.created", response }, { type: "response.in_progress", response })
    }
    events.push(...(reply.calls.length > 0 ? calls[token - 1]! : textEvents(head, reply, token)))
    if (token === last) {
      const response = replyOf(head, request, reply, usage)
      events.push({ type: `response.${response.status}`, response })
    }
    return events.map((event) => ({ ...event, sequence_number: sequence++ }))
  }
}

/** Answers requests of the responses API, whole or in events. */
export const make = (settings: Settings, accept: Accept) => {
  const read = Effect.fnUntraced(function* (body: unknown) {
    const request = yield* Requests.decode(body)
    const chat = Requests.chatOf(request)
    const replies = yield* Replies.make(settings, chat)
    return { request, model: request.model, prompt: Tokens.ofPrompt(chat), replies }
  })

  const { complete: respond, stream: streamResponse } = Answer.make("respond", accept, {
    read,
    whole: (head, { replies, request }, usage) => replyOf(head, request, replies[0]!, usage),
    parts: (head, { replies, request }, usage) => eventsOf(head, request, replies[0]!, usage)
  })
  return { respond, streamResponse }
}
