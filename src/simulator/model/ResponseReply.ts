import { callId, type Head } from "./ChatReply.ts"
import type { Call, Reply } from "./Reply.ts"
import type { ResponseRequest } from "./ResponseRequest.ts"
import type { Usage } from "./Usage.ts"

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
export type ResponseReply = ReturnType<typeof make>

/** How a whole reply ended. */
export const statusOf = ({ finishReason }: Reply) => (finishReason === "length" ? "incomplete" : "completed")

/** What a whole reply consists of. */
export const outputOf = (head: Head, reply: Reply): ReadonlyArray<Item> => {
  const { calls, tokens } = reply
  if (calls.length === 0) return [messageOf(head, statusOf(reply), tokens.join(""))]
  return calls.map((call, i) => callOf(head, i + 1 < calls.length ? "completed" : statusOf(reply), i, call))
}

const usageOf = ({ completion_tokens: output, prompt_tokens: input, total_tokens: total }: Usage) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: total
})

/** Puts an answer into the endpoint's words; one in progress has neither output nor usage yet. */
export const make = (head: Head, request: ResponseRequest, reply: Reply, usage: Usage | undefined) => {
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
    usage: usage === undefined ? null : usageOf(usage)
  }
}
