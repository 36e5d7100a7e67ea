import { Cause, Predicate } from "effect"
import { Attempt } from "../../engine/Attempt.ts"
import {
  type AnswerListener,
  type Exchange,
  type Upstream,
  type UpstreamRequest,
  UpstreamUnreachable
} from "../../upstream/Upstream.ts"
import type { ActiveCalls } from "../ActiveCalls.ts"
import type { Body } from "./Body.ts"
import type { FetchRequest } from "./FetchRequest.ts"

/** A request for whatever endpoint its URL names. */
export interface FetchUpstreamRequest extends UpstreamRequest {
  readonly outgoing: FetchRequest
  readonly sent: Body["sent"]
}

// Threads of OpenAI's have messages too.
const places = /\/(?:chat\/completions|completions|responses|embeddings|(?<=\/v1\/)messages(?:\/count_tokens)?)$/

/** The path under a base URL that is not known, or else the whole. */
export const pathOf = (url: string): string => {
  const { pathname } = new URL(url)
  return places.exec(pathname)?.[0] ?? pathname
}

/** What stands before that path. */
export const endpointOf = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname.replace(places, "")}`
}

const headersOf = ({ headers }: Response): Record<string, string> => {
  // The body has been decoded.
  const { "content-encoding": encoding, "content-length": length, ...others } = Object.fromEntries(headers)
  return encoding === undefined && length !== undefined ? { ...others, "content-length": length } : others
}

const codeOf = (error: unknown): string | undefined => {
  const holder = Predicate.hasProperty(error, "cause") ? error.cause : error
  return Predicate.hasProperty(holder, "code") && Predicate.isString(holder.code) ? holder.code : undefined
}

/** What `fetch` or a body of its response failed with. */
export class FetchFailure extends UpstreamUnreachable {
  readonly error: unknown

  constructor(error: unknown) {
    super({ reason: codeOf(error) })
    this.error = error
  }
}

/** Makes endpoints of `fetch`; they take a `FetchUpstreamRequest`. */
export const make = (fetch: () => typeof globalThis.fetch, active: ActiveCalls): Upstream["Service"] => ({
  exchange: (request, listener, { call }) => {
    const { body, headers, outgoing, sent } = request as FetchUpstreamRequest
    const { init, method, url } = outgoing
    // What is known as bytes may have been changed on its way.
    const content = body === undefined ? sent : (body as Uint8Array<ArrayBuffer>)
    const send = (signal: AbortSignal) => fetch()(url, { ...init, method, headers, body: content, signal })
    const exchange = new FetchExchange(send, listener, active)
    call?.track(exchange.attempt)
    return exchange
  }
})

/** One exchange by `fetch`. */
class FetchExchange implements Exchange {
  /** Lasts until the whole body has come, or the connection has been given up. */
  readonly attempt = new Attempt()
  readonly #leave = new AbortController()
  readonly #send: (signal: AbortSignal) => Promise<Response>
  readonly #listener: AnswerListener
  readonly #active: ActiveCalls
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #reading = false
  #paused = false
  #over = false

  constructor(send: (signal: AbortSignal) => Promise<Response>, listener: AnswerListener, active: ActiveCalls) {
    this.#send = send
    this.#listener = listener
    this.#active = active
  }

  start(): void {
    new Promise<Response>((resolve) => resolve(this.#send(this.#leave.signal)))
      .then((response) => this.#answered(response))
      .then(undefined, (error: unknown) => this.#failed(error))
  }

  #answered(response: Response): void {
    const { body } = response
    if (body === null) this.attempt.settle()
    else this.#reader = body.getReader()
    if (this.#over) return this.#cancel()
    this.#listener.onHead({ status: response.status, headers: headersOf(response) })
    if (body === null) this.#ended()
    else this.#read()
  }

  #read(): void {
    if (this.#over || this.#paused || this.#reading) return
    this.#reading = true
    this.#reader!.read().then(
      ({ done, value }) => {
        this.#reading = false
        if (done) return this.#ended()
        if (!this.#over) this.#listener.onPart(value)
        this.#read()
      },
      (error: unknown) => this.#failed(error)
    )
  }

  #ended(): void {
    this.attempt.settle()
    if (this.#over) return
    this.#over = true
    this.#listener.onEnd()
  }

  #failed(error: unknown): void {
    this.attempt.settle()
    if (this.#over) return
    this.#over = true
    this.#listener.onFailure(Cause.fail(new FetchFailure(error)))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    if (this.#reader !== undefined) this.#read()
  }

  abort(): void {
    this.#over = true
    // Everything has come, or the connection has been given up already.
    if (!this.attempt.running || this.#leave.signal.aborted) return
    this.#leave.abort()
    this.#cancel()
    this.#active.abandon(this.attempt)
  }

  #cancel(): void {
    const settled = () => this.attempt.settle()
    this.#reader?.cancel().then(settled, settled)
  }
}
