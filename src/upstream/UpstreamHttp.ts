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
  /** The endpoint's http or https URL, to which paths are appended. Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key sent to the endpoint. Default: none. */
  readonly apiKey?: Redacted.Redacted | undefined
}

/** The default endpoint. */
export const openai = "https://api.openai.com/v1"

const keyHeaders = (path: string, key: Redacted.Redacted) => protocolOf(path).keyHeaders(Redacted.value(key))

/** The connections to a base URL. */
interface Way {
  readonly dispatcherTo: (url: URL) => Dispatcher
  readonly dispatcher: Dispatcher
  readonly base: URL
  /** The endpoint's name, where there are several. */
  readonly endpoint?: string
}

const exchange = (
  way: Way,
  { body, method, path }: UpstreamRequest,
  headers: UpstreamRequest["headers"],
  listener: AnswerListener
): Exchange => {
  const request: Dispatcher.DispatchOptions = {
    origin: way.base.origin,
    path: pathUnder(way.base, path),
    method,
    headers,
    body: body ?? null,
    // The gate limits how long a model may take.
    headersTimeout: 0,
    bodyTimeout: 0
  }
  return new HttpExchange(listener, way, request)
}

/** Reaches an endpoint over HTTP. */
export const layer = (options: Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const base = new URL(options.baseUrl ?? openai)
      const { apiKey } = options
      const dispatcherTo = yield* Proxy.dispatchers(options)
      const way = { base, dispatcherTo, dispatcher: dispatcherTo(base) }
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
          // Callers do not know which host the router chooses, so their keys are not forwarded.
          const headers = Object.assign(withoutKeys(given), apiKey === undefined ? {} : keyHeaders(path, apiKey))
          const way = { base, dispatcherTo, dispatcher: dispatcherTo(base), endpoint: name }
          return exchange(way, request, headers, listener)
        }
      }
    })
  )

// What an endpoint answers where its URL lacks a slash or TLS. Others (300, 304) name no place to go to.
const redirects = new Set([301, 302, 303, 307, 308])
const mostRedirects = 5

/** Whether a place belongs to the same host and port, or to the same host with TLS. */
export const isWithin = (base: URL, { hostname, origin, protocol }: URL): boolean =>
  origin === base.origin || (protocol === "https:" && base.protocol === "http:" && hostname === base.hostname)

/** One exchange over HTTP: its own handler of the answer, which follows redirects within the endpoint's host. */
class HttpExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #listener: AnswerListener
  readonly #way: Way
  readonly #request: Dispatcher.DispatchOptions
  #controller: Dispatcher.DispatchController | undefined
  #redirects = 0
  /** Where the request is sent once the answer that redirects it has ended. */
  #redirected: URL | undefined
  #over = false

  constructor(listener: AnswerListener, way: Way, request: Dispatcher.DispatchOptions) {
    this.#listener = listener
    this.#way = way
    this.#request = request
  }

  start(): void {
    this.#way.dispatcher.dispatch(this.#request, this)
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
    // Aborted while the connection was made.
    if (this.#over) controller.abort(new UpstreamUnreachable({ reason: undefined }))
    else this.#controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Received): void {
    // An interim answer; the one that counts follows.
    if (status < 200 || this.#over) return
    if (redirects.has(status) && headers["location"] !== undefined) return this.#redirect(status, headers["location"])
    if (status <= 599) return this.#listener.onHead({ status, headers: toHeaders(headers, this.#way.endpoint) })
    // Other statuses are invalid (RFC 9110, 15), and Node could not send them to a caller.
    this.#fail(`status ${status}`)
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Uint8Array): void {
    if (!this.#over && this.#redirected === undefined) this.#listener.onPart(part)
  }

  onResponseEnd(): void {
    if (this.#over) return
    if (this.#redirected !== undefined) return this.#follow(this.#redirected)
    this.#over = true
    this.#listener.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#listener.onFailure(Cause.fail(new UpstreamUnreachable({ reason: reasonOf(error) })))
  }

  #fail(reason: string): void {
    this.abort()
    this.#listener.onFailure(Cause.fail(new UpstreamUnreachable({ reason })))
  }

  /** Notes where the request goes next. A caller that got the redirect would go there itself, past the gate. */
  #redirect(status: number, location: string | ReadonlyArray<string>): void {
    const { base } = this.#way
    // The key of an endpoint is for its host alone, and a 303 names a place for another request.
    const place = URL.parse(String(location), base.origin + this.#request.path)
    const isFollowed = status !== 303 && this.#redirects < mostRedirects && place !== null && isWithin(base, place)
    if (isFollowed) this.#redirected = place
    else this.#fail(`a ${status} redirect that is not followed`)
  }

  #follow(place: URL): void {
    this.#redirects += 1
    this.#redirected = undefined
    this.#controller = undefined
    const request = { ...this.#request, origin: place.origin, path: place.pathname + place.search }
    this.#way.dispatcherTo(place).dispatch(request, this)
  }
}

// Headers with keys of callers, which an endpoint may prefer to the key of the gateway.
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
