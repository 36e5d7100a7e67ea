import { header, type Message } from "../wire/HttpParser.ts"

/** One of the APIs that the gateway speaks: what is asked, and how a good endpoint answers. */
export interface Api {
  readonly path: string
  readonly ask: object
  readonly answer: (id: string) => string
  /** The events of a streamed answer; `undefined` if it has none. */
  readonly events?: (id: string) => ReadonlyArray<string>
  /** An event that says that the model failed. */
  readonly failure: string
  readonly isError: (body: unknown) => boolean
}

const data = (value: object, name?: string) => `${name ? `event: ${name}\n` : ""}data: ${JSON.stringify(value)}\n\n`

const messages = [{ role: "user", content: "Tell me of Oslo — in brief." }]
const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 }
const words = ["Oslo ", "is ", "small, ", "señor, ", "🙂."]

type Fields = Readonly<Record<string, unknown>>
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {})

const isOpenAiError = (body: unknown): boolean => {
  const { code, message, param, type } = fields(fields(body)["error"])
  return typeof message === "string" && typeof type === "string" && param !== undefined && typeof code === "string"
}

const isMessagesError = (body: unknown): boolean => {
  const { error, request_id, type } = fields(body)
  const { message, type: kind } = fields(error)
  return type === "error" && typeof request_id === "string" && typeof message === "string" && typeof kind === "string"
}

const boom = data({ error: { message: "boom", type: "server_error", code: 500 } })
const openAi = { failure: boom, isError: isOpenAiError }

const block = { type: "text", text: "" }

/** The event with the usage, which an endpoint sends if it is asked to. */
export const usageEvent = (id: string) => data({ id, object: "chat.completion.chunk", choices: [], usage })

export const apis: Readonly<Record<string, Api>> = {
  chat: {
    ...openAi,
    path: "/v1/chat/completions",
    ask: { messages },
    answer: (id) => JSON.stringify({ id, choices: [{ index: 0, message: { content: words.join("") } }], usage }),
    events: (id) => [
      ...words.map((content) => data({ id, choices: [{ index: 0, delta: { content } }] })),
      data({ id, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
      "data: [DONE]\n\n"
    ]
  },
  completion: {
    ...openAi,
    path: "/v1/completions",
    ask: { prompt: "Oslo" },
    answer: (id) => JSON.stringify({ id, choices: [{ index: 0, text: words.join("") }], usage }),
    events: (id) => [
      ...words.map((text) => data({ id, choices: [{ index: 0, text, finish_reason: null }] })),
      "data: [DONE]\n\n"
    ]
  },
  response: {
    ...openAi,
    path: "/v1/responses",
    ask: { input: "Oslo" },
    answer: (id) => JSON.stringify({ id, object: "response", status: "completed", output: words }),
    events: (id) => [
      data({ type: "response.created", sequence_number: 0, response: { id } }, "response.created"),
      ...words.map((delta, i) =>
        data({ type: "response.output_text.delta", sequence_number: i + 1, delta }, "response.output_text.delta")
      ),
      data({ type: "response.completed", sequence_number: 9, response: { id, usage } }, "response.completed")
    ],
    failure: data({ type: "error", code: "server_error", message: "boom", param: null, sequence_number: 6 }, "error")
  },
  embedding: {
    ...openAi,
    path: "/v1/embeddings",
    ask: { input: ["Oslo"] },
    answer: (id) => JSON.stringify({ id, data: [{ index: 0, embedding: [0.1, 0.2] }], usage })
  },
  message: {
    path: "/v1/messages",
    ask: { messages, max_tokens: 64 },
    answer: (id) => JSON.stringify({ id, type: "message", content: [{ type: "text", text: words.join("") }] }),
    events: (id) => [
      data({ type: "message_start", message: { id, usage: { input_tokens: 7, output_tokens: 1 } } }, "message_start"),
      data({ type: "content_block_start", index: 0, content_block: block }, "content_block_start"),
      ...words.map((text) =>
        data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }, "content_block_delta")
      ),
      data({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }, "message_delta"),
      data({ type: "message_stop" }, "message_stop")
    ],
    failure: data({ type: "error", error: { type: "overloaded_error", message: "boom" } }, "error"),
    isError: isMessagesError
  },
  count: {
    path: "/v1/messages/count_tokens",
    ask: { messages },
    answer: (id) => JSON.stringify({ input_tokens: 7, id }),
    failure: boom,
    isError: isMessagesError
  }
}

/** The value of a body; `undefined` if it is no JSON. */
export const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The code of an error of the gateway's own, if a reply is one in the form of its API. */
export const ownError = (api: Api, { body, headers }: Message): string | undefined => {
  const value = valueOf(body.toString())
  if (!(header({ headers }, "content-type") ?? "").startsWith("application/json") || !api.isError(value)) {
    return undefined
  }
  return codeOf(value)
}

/** The code in an error of either form. */
export const codeOf = (value: unknown): string => {
  const error = fields(fields(value)["error"])
  return String(error["code"] ?? fields(error["details"])["error_code"])
}
