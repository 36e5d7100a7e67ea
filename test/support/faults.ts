import { Effect } from "effect"
import type { ServerResponse } from "node:http"
import type * as Headgate from "../../src/Headgate.ts"
import { chat } from "./gateway.ts"
import { serving } from "./script.ts"

/** What an endpoint answers. */
export interface Answer {
  readonly status?: number
  /** Without a type the body is one of events if it begins with a field of one, else JSON. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export const json = "application/json"
export const events = "text/event-stream"

export const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`
export const done = "data: [DONE]\n\n"

/** A chunk of a chat. */
export const chunk = (delta: object, finish_reason: string | null = null): string =>
  data({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })

/** The events of a whole chat. */
export const answer = (content = "hi"): string => chunk({ content }, "stop") + done

/** A whole reply of a chat. */
export const reply = JSON.stringify({
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1 }
})

const usualType = (body: string) => ({ "content-type": /^(?:data|event|id|retry)?:|^$/.test(body) ? events : json })

export const write = (response: ServerResponse, { body, headers = usualType(body), status = 200 }: Answer): void => {
  response.writeHead(status, headers).end(body)
}

/** The gateway before an endpoint that answers by a script; calls are not repeated, and three failures open the circuit. */
export const facing = (
  script: (response: ServerResponse, body: string, attempt: number) => void,
  limits: Headgate.Options = {}
) => {
  let attempt = 0
  return serving((response, body) => script(response, body, ++attempt), {
    limits: {
      maxConcurrentRequests: 10,
      maxRetries: 0,
      circuitBreaker: { maxFailures: 3, timeout: "1 minute" },
      ...limits
    }
  })
}

/** The same before one that gives each request the same answer. */
export const always = (given: Answer, limits: Headgate.Options = {}) =>
  facing((response) => write(response, given), limits)

/** What a caller got. */
export interface Got {
  readonly status: number
  readonly text: string
  readonly headers: Headers
  readonly millis: number
}

interface Asked extends Record<string, unknown> {
  readonly path?: string
  readonly headers?: Record<string, string>
}

/** Sends a chat, and reads what comes to its end. */
export const ask = (url: string, { headers = {}, path = "/v1/chat/completions", ...body }: Asked = {}) =>
  Effect.promise(async (): Promise<Got> => {
    const from = performance.now()
    const response = await fetch(url + path, chat({ model: "m", ...body }, headers))
    const text = await response.text()
    return { status: response.status, text, headers: response.headers, millis: performance.now() - from }
  })
