import type { Head } from "./ChatReply.ts"
import { longestOf, type Reply } from "./Reply.ts"
import * as ResponseReply from "./ResponseReply.ts"
import type { ResponseRequest } from "./ResponseRequest.ts"
import type { Usage } from "./Usage.ts"

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
  const item = { output_index: 0, item_id: ResponseReply.messageOf(head, "in_progress", undefined).id }
  const place = { ...item, content_index: 0 }
  const delta = reply.tokens[token - 1]
  const events: Array<Event> = []
  if (token === 1) {
    events.push(
      {
        type: "response.output_item.added",
        output_index: 0,
        item: ResponseReply.messageOf(head, "in_progress", undefined)
      },
      { type: "response.content_part.added", ...place, part: ResponseReply.partOf("") }
    )
  }
  if (delta !== undefined) events.push({ type: "response.output_text.delta", ...place, delta, logprobs: [] })
  if (token === longestOf([reply])) {
    const text = reply.tokens.join("")
    events.push(
      { type: "response.output_text.done", ...place, text, logprobs: [] },
      { type: "response.content_part.done", ...place, part: ResponseReply.partOf(text) },
      { type: "response.output_item.done", output_index: 0, item: ResponseReply.outputOf(head, reply)[0] }
    )
  }
  return events
}

// One group of events for each token: a call's name is its first.
const callEvents = (head: Head, reply: Reply): ReadonlyArray<ReadonlyArray<Event>> => {
  const output = ResponseReply.outputOf(head, reply)
  return reply.calls.flatMap((call, index) => {
    const added = ResponseReply.callOf(head, "in_progress", index, { name: call.name, tokens: [] })
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
      const response = ResponseReply.make(head, request, reply, undefined)
      events.push({ type: "response.created", response }, { type: "response.in_progress", response })
    }
    events.push(...(reply.calls.length > 0 ? calls[token - 1]! : textEvents(head, reply, token)))
    if (token === last) {
      const response = ResponseReply.make(head, request, reply, usage)
      events.push({ type: `response.${response.status}`, response })
    }
    return events.map((event) => ({ ...event, sequence_number: sequence++ }))
  }
}
