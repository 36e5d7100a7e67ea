import { type Cause, type Context, Stream } from "effect"
import { STATUS_CODES } from "node:http"
import type { ErrorReply } from "../../upstream/ErrorReply.ts"
import type { StreamedAnswer } from "../../upstream/GuardedUpstream.ts"
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

/** How the reader of an answer hears of its end. */
export interface Reading {
  readonly context: Context.Context<never>
  /** What a failure in the middle is for its reader; `undefined` if the answer has told of it already. */
  readonly errorOf: (cause: Cause.Cause<unknown>) => { readonly error: unknown } | undefined
  /** Gives the answer up. */
  readonly leave: () => void
}

/** An answer that is still to come as a response, at its reader's pace. */
export const streamed = (answer: StreamedAnswer, added: Headers, url: string, reading: Reading): Response => {
  const body = Stream.catchCause(answer.body, (cause): Stream.Stream<Uint8Array, unknown> => {
    const failure = reading.errorOf(cause)
    return failure === undefined ? Stream.empty : Stream.fail(failure.error)
  })
  const parts = Stream.toAsyncIterableWith(body, reading.context)[Symbol.asyncIterator]()
  const source = new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        parts.next().then(({ done, value }) => (done === true ? controller.close() : controller.enqueue(value))),
      cancel: () => {
        reading.leave()
        return parts.return?.().then(() => {})
      }
    },
    // Nothing is read ahead: the reader's pace is that of the model.
    { highWaterMark: 0 }
  )
  return make(source, { status: answer.status, headers: { ...answer.headers, ...added } }, url)
}
