import { Effect } from "effect"
import { delta, done } from "./script.ts"

/** One request as the model saw it. */
export interface Sent {
  readonly url: string
  readonly method: string | undefined
  readonly headers: Record<string, string>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

/** A `fetch` that answers by a function of the attempt, and notes what was sent. */
export const answering = (answer: (attempt: number, sent: Sent) => Response | Promise<Response>) => {
  const sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const body = new Uint8Array(await new Response(init.body).arrayBuffer())
    const { method, signal } = init
    const headers = Object.fromEntries(new Headers(init.headers))
    const index = sent.push({ url: String(input), method, headers, body, signal: signal! }) - 1
    return answer(index, sent[index]!)
  }
  return { fetch, sent }
}

export const url = "http://model.test/v1/chat/completions"

/** A request of a chat. */
export const ask = (body: object = {}, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hello" }], ...body })
})

export const json = (value: unknown, init: ResponseInit = {}): Response => Response.json(value, init)

const encoder = new TextEncoder()

/** An answer whose parts the test hands out, and which tells whether it was given up. */
export const byParts = (type = "text/event-stream", headers: Record<string, string> = {}) => {
  const seen = { cancelled: false, pulls: 0 }
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull: () => void seen.pulls++,
      cancel: () => {
        seen.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return {
    seen,
    response: new Response(body, { headers: { "content-type": type, ...headers } }),
    write: (text: string) => controller.enqueue(encoder.encode(text)),
    end: () => controller.close(),
    fail: (error: unknown) => controller.error(error)
  }
}

/** The events of a chat that is not over. */
export const begun = (...words: ReadonlyArray<string>): string => words.map(delta).join("")

/** The events of a whole chat. */
export const events = (...words: ReadonlyArray<string>): string => begun(...words) + done

export const events200 = (text: string) => new Response(text, { headers: { "content-type": "text/event-stream" } })

/** Reads a response to its end. */
export const text = (response: Response) => Effect.promise(() => response.text())
