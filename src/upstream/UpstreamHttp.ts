import type { Dispatcher } from "@effect/platform-node/Undici"
import { Cause, Effect, Layer, Predicate, Redacted } from "effect"
import { protocolOf } from "./Protocol.ts"
import * as Proxy from "./Proxy.ts"
import {
  answeredBy,
  type AnswerListener,
  type Exchange,
  Upstream,
  type UpstreamHead,
  type UpstreamRequest,
  UpstreamUnreachable
} from "./Upstream.ts"

export interface Options extends Proxy.Options {
  /** The endpoint's http or https URL, to which paths are appended; `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key shown to the endpoint; none. */
  readonly apiKey?: Redacted.Redacted | undefined
}

/** The endpoint that is asked if none is named. */
export const openai = "https://api.openai.com/v1"

const keyHeaders = (path: string, key: Redacted.Redacted) => protocolOf(path).keyHeaders(Redacted.value(key))

/** A way to a base URL. */
interface Way {
  readonly dispatcher: Dispatcher
  readonly base: URL
  /** The endpoint's name, where there are several. */
  readonly endpoint?: string
}

const exchange = (
  { base, dispatcher, endpoint }: Way,
  { body, method, path }: UpstreamRequest,
  headers: UpstreamRequest["headers"],
  listener: AnswerListener
): Exchange => {
  const request: Dispatcher.DispatchOptions = {
    origin: base.origin,
    path: pathUnder(base, path),
    method,
    headers,
    body: body ?? null,
    // How long a model may take is for the gate to say.
    headersTimeout: 0,
    bodyTimeout: 0
  }
  return new HttpExchange(listener, (handler) => dispatcher.dispatch(request, handler), endpoint)
}

/** Reaches an endpoint over HTTP. */
export const layer = (options: Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const base = new URL(options.baseUrl ?? openai)
      const { apiKey } = options
      const way = { base, dispatcher: (yield* Proxy.dispatchers(options))(base) }
      const withKey = ({ headers, path }: UpstreamRequest) =>
        apiKey === undefined ? headers : Object.assign(withoutKeys(headers), keyHeaders(path, apiKey))
      return { exchange: (request, listener) => exchange(way, request, withKey(request), listener) }
    })
  )

const nowhere = Upstream.opening(() => Effect.fail(new UpstreamUnreachable({ reason: "ENOTFOUND" })))

/** Reaches the endpoint that each request names, with that endpoint's own key or none. */
export const layerRouted = (options: Proxy.Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const dispatcherTo = yield* Proxy.dispatchers(options)
      return {
        exchange: (request, listener, setting) => {
          const { address, headers: given, path } = request
          if (address === undefined) return nowhere.exchange(request, listener, setting)
          const { apiKey, baseUrl, name } = address
          const base = new URL(baseUrl)
          // A caller cannot know which host it is for, so no key of a caller's goes on.
          const headers = Object.assign(withoutKeys(given), apiKey === undefined ? {} : keyHeaders(path, apiKey))
          return exchange({ base, dispatcher: dispatcherTo(base), endpoint: name }, request, headers, listener)
        }
      }
    })
  )

/** One exchange over HTTP: its own handler of the answer. */
class HttpExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #listener: AnswerListener
  readonly #dispatch: (handler: Dispatcher.DispatchHandler) => void
  #controller: Dispatcher.DispatchController | undefined
  readonly #endpoint: string | undefined
  #over = false

  constructor(
    listener: AnswerListener,
    dispatch: (handler: Dispatcher.DispatchHandler) => void,
    endpoint: string | undefined
  ) {
    this.#listener = listener
    this.#dispatch = dispatch
    this.#endpoint = endpoint
  }

  start(): void {
    this.#dispatch(this)
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#controller?.abort(new UpstreamUnreachable({ reason: undefined }))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while the connection was made.
    if (this.#over) controller.abort(new UpstreamUnreachable({ reason: undefined }))
    else this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Received): void {
    // An interim answer; the one that counts follows.
    if (status < 200 || this.#over) return
    if (status <= 599) return this.#listener.onHead({ status, headers: toHeaders(headers, this.#endpoint) })
    // Others are invalid (RFC 9110, 15), and no caller could be told them.
    this.abort()
    this.#listener.onFailure(Cause.fail(new UpstreamUnreachable({ reason: `status ${status}` })))
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Uint8Array): void {
    if (!this.#over) this.#listener.onPart(part)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#listener.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#listener.onFailure(Cause.fail(new UpstreamUnreachable({ reason: reasonOf(error) })))
  }
}

// Keys of callers' own, which an endpoint may prefer to that of the gateway.
const keys = new Set(["api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"])

const withoutKeys = (headers: UpstreamRequest["headers"]): Record<string, string> => {
  const others: Record<string, string> = {}
  for (const name in headers) if (!keys.has(name)) others[name] = headers[name]!
  return others
}

/** Puts a path under the base URL; both may have a query. */
const pathUnder = (base: URL, path: string): string => {
  if (base.search === "" && !path.endsWith("?")) return base.pathname.replace(/\/+$/, "") + path
  const [below = "", ...query] = path.split("?")
  const queries = [base.search.slice(1), query.join("?")].filter((query) => query !== "")
  const search = queries.length === 0 ? "" : `?${queries.join("&")}`
  return `${base.pathname.replace(/\/+$/, "")}${below}${search}`
}

type Received = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

const toHeaders = (received: Received, endpoint: string | undefined): UpstreamHead["headers"] => {
  const headers: Record<string, string> = {}
  for (const name in received) {
    const value = received[name]
    if (value !== undefined) headers[name.toLowerCase()] = typeof value === "string" ? value : value.join(", ")
  }
  // An endpoint's own header of that name would be taken for the gateway's.
  delete headers[answeredBy]
  if (endpoint !== undefined) headers[answeredBy] = encodeURI(endpoint)
  return headers
}

// The message holds internal addresses, which the caller must not see.
const reasonOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
