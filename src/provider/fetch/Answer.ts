import { STATUS_CODES } from "node:http"
import type { ErrorReply } from "../../upstream/ErrorReply.ts"
import { protocolOf } from "../../upstream/Protocol.ts"
import type { UpstreamHead, UpstreamReply } from "../../upstream/Upstream.ts"

import { pathOf } from "./FetchUpstream.ts"

type Content = ConstructorParameters<typeof Response>[0]
type Headers = Readonly<Record<string, string>>

// Statuses that no body may follow (Fetch, 2.2.3).
const bodiless = new Set([101, 204, 205, 304])

const make = (body: Content, { headers, status }: UpstreamHead, url: string): Response => {
  const response = new Response(bodiless.has(status) ? null : body, {
    status,
    statusText: STATUS_CODES[status] ?? "",
    headers
  })
  return Object.defineProperty(response, "url", { value: url })
}

/** An error of headgate's own as a response. */
export const refused = (reply: ErrorReply, headers: Headers, url: string): Response =>
  make(
    JSON.stringify(protocolOf(pathOf(url)).errorBody(reply, undefined)),
    { status: reply.status, headers: { "content-type": "application/json", ...reply.headers, ...headers } },
    url
  )

/** A reply that has come whole as a response. */
export const whole = ({ body, headers, status }: UpstreamReply, added: Headers, url: string): Response =>
  make(body as Uint8Array<ArrayBuffer>, { status, headers: { ...headers, ...added } }, url)

/** The body of an answer that is still to come, at its reader's pace. */
export class AnswerBody {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #open = true
  readonly #stream: ReadableStream<Uint8Array>

  constructor({ leave, pull }: { readonly pull: () => void; readonly leave: () => void }) {
    this.#stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull,
        cancel: () => {
          this.#open = false
          leave()
        }
      },
      // Nothing is read ahead: the reader's pace is that of the model.
      { highWaterMark: 0 }
    )
  }

  /** The answer as a response. */
  response({ headers, status }: UpstreamHead, added: Headers, url: string): Response {
    return make(this.#stream, { status, headers: { ...headers, ...added } }, url)
  }

  /** Adds a part; returns whether its reader has taken it. */
  add(part: Uint8Array): boolean {
    if (!this.#open) return false
    this.#controller!.enqueue(part)
    return (this.#controller!.desiredSize ?? -1) >= 0
  }

  /** Ends the body, with an error if there is one. */
  end(failure: { readonly error: unknown } | undefined): void {
    if (!this.#open) return
    this.#open = false
    if (failure === undefined) this.#controller!.close()
    else this.#controller!.error(failure.error)
  }
}
