import Anthropic from "@anthropic-ai/sdk"
import { Effect, Redacted } from "effect"
import type { IncomingHttpHeaders, ServerResponse } from "node:http"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { endpoint, onLoopback } from "./gateway.ts"

type Setup = NonNullable<Parameters<typeof onLoopback>[0]>

const options = { authToken: null, maxRetries: 0, logLevel: "off" } as const

/** The official client, which makes no retries of its own and shows its key as a bearer. */
export const client = (url: string, apiKey = "any"): Anthropic => new Anthropic({ ...options, apiKey, baseURL: url })

/** The same with its key where versions before 1.0, and most other clients, show it. */
export const olderClient = (url: string, apiKey: string): Anthropic =>
  new Anthropic({ ...options, apiKey: null, baseURL: url, defaultHeaders: { "x-api-key": apiKey } })

/** A question that it may ask. */
export const question = {
  model: "claude-sonnet",
  max_tokens: 900,
  messages: [{ role: "user" as const, content: "What is the weather in Oslo?" }]
}

export const weather = {
  name: "weather",
  description: "Tells the weather.",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] }
}

/** Writes an event as that API does. */
export const event = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`

export const ping = event("ping")

export const start = (usage: object = { input_tokens: 12, output_tokens: 1 }): string =>
  event("message_start", {
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage
    }
  })

/** A text in pieces. */
export const text = (...pieces: ReadonlyArray<string>): string =>
  [
    event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
    ...pieces.map((text) => event("content_block_delta", { index: 0, delta: { type: "text_delta", text } })),
    event("content_block_stop", { index: 0 })
  ].join("")

export const end = (usage: object = { output_tokens: 7 }): string =>
  event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage }) + event("message_stop")

export const failure = (type: string, message = "No luck."): string => event("error", { error: { type, message } })

/** A whole message. */
export const message = (usage: object = { input_tokens: 12, output_tokens: 7 }) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet",
  content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage
})

export interface Asked {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export const sse = { "content-type": "text/event-stream; charset=utf-8" }

/** The service before an endpoint that answers like this, and what that was asked. */
export const before = Effect.fnUntraced(function* (
  answer: (response: ServerResponse, asked: Asked) => void,
  { apiKey, ...setup }: Omit<Setup, "upstream"> & Pick<UpstreamHttp.Options, "apiKey"> = {}
) {
  const asked: Array<Asked> = []
  const { url } = yield* endpoint((request, response) => {
    let body = ""
    request.on("data", (part: Buffer) => (body += part.toString()))
    request.on("end", () => {
      const one = { url: request.url!, headers: request.headers, body }
      asked.push(one)
      answer(response, one)
    })
  })
  const gateway = yield* onLoopback({ ...setup, upstream: UpstreamHttp.layer({ baseUrl: url, apiKey }) })
  return { ...gateway, asked }
})

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))

export const events = (body: string) => (response: ServerResponse) => void response.writeHead(200, sse).end(body)

/** How a request of the client fails. */
export const rejected = (request: () => Promise<unknown>) =>
  Effect.promise(() =>
    request().then(
      () => Promise.reject(new Error("the request did not fail")),
      (error: unknown) => error as InstanceType<typeof Anthropic.APIError>
    )
  )

export const ask = (url: string, apiKey?: string) => Effect.promise(() => client(url, apiKey).messages.create(question))

export const post = (url: string, body: object, headers: Record<string, string> = {}, path = "/v1/messages") =>
  Effect.promise(async () => {
    const response = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body)
    })
    return { status: response.status, headers: response.headers, body: await response.text() }
  })

export const streamOf = { ...question, stream: true as const }

export const read = (url: string) =>
  Effect.promise(async () => {
    let read = ""
    for await (const part of await client(url).messages.create(streamOf)) {
      if (part.type === "content_block_delta" && part.delta.type === "text_delta") read += part.delta.text
    }
    return read
  })

export const keys = [{ name: "ada", key: Redacted.make("key-of-ada") }]
