import type { Dispatcher } from "@effect/platform-node/Undici"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Effect, Layer, Predicate, Redacted, Scope } from "effect"
import { protocolOf } from "./Protocol.ts"
import * as Proxy from "./Proxy.ts"
import { answeredBy, Upstream, type UpstreamAnswer, type UpstreamRequest, UpstreamUnreachable } from "./Upstream.ts"

export interface Options extends Proxy.Options {
  /** The endpoint's http or https URL, to which paths are appended; `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key shown to the endpoint; none. */
  readonly apiKey?: Redacted.Redacted | undefined
}

type Answer = Awaited<ReturnType<Dispatcher["request"]>>

/** The endpoint that is asked if none is named. */
export const openai = "https://api.openai.com/v1"

const keyHeaders = (path: string, key: Redacted.Redacted) => protocolOf(path).keyHeaders(Redacted.value(key))

/** Sends a request to a base URL. */
const ask = (
  dispatcher: Dispatcher,
  base: URL,
  { body, method, path }: UpstreamRequest,
  headers: UpstreamRequest["headers"],
  signal: AbortSignal
) =>
  Effect.tryPromise({
    try: () =>
      dispatcher.request({
        origin: base.origin,
        path: pathUnder(base, path),
        method,
        headers,
        body: body ?? null,
        signal,
        // How long a model may take is for the gate to say.
        headersTimeout: 0,
        bodyTimeout: 0
      }),
    catch: unreachable
  })

/** Reaches an endpoint over HTTP. */
export const layer = (options: Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const base = new URL(options.baseUrl ?? openai)
      const { apiKey } = options
      const dispatcher = yield* Proxy.dispatcherTo(base, options)
      const withKey = ({ headers, path }: UpstreamRequest) =>
        apiKey === undefined ? headers : { ...withoutKeys(headers), ...keyHeaders(path, apiKey) }

      // The signal is the scope's, so that the connection is closed with it, whatever has come by then.
      return Upstream.opening((request) =>
        Effect.flatMap(Effect.abortSignal, (signal) =>
          Effect.flatMap(ask(dispatcher, base, request, withKey(request), signal), (answer) =>
            toAnswer(answer, undefined)
          )
        )
      )
    })
  )

const nowhere = new UpstreamUnreachable({ reason: "ENOTFOUND" })

/** Reaches the endpoint that each request names, with that endpoint's own key or none. */
export const layerRouted = (options: Proxy.Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const dispatchers = new Map<string, Dispatcher>()
      const dispatcherTo = (base: URL): Effect.Effect<Dispatcher> => {
        const known = dispatchers.get(base.origin)
        if (known !== undefined) return Effect.succeed(known)
        return Effect.map(Scope.provide(Proxy.dispatcherTo(base, options), scope), (made) => {
          dispatchers.set(base.origin, made)
          return made
        })
      }
      return Upstream.opening(
        Effect.fnUntraced(function* (request) {
          const { address, headers: given, path } = request
          if (address === undefined) return yield* nowhere
          const { apiKey, baseUrl, name } = address
          const base = new URL(baseUrl)
          // A caller cannot know which host it is for, so no key of a caller's goes on.
          const headers = { ...withoutKeys(given), ...(apiKey !== undefined && keyHeaders(path, apiKey)) }
          const dispatcher = yield* dispatcherTo(base)
          const signal = yield* Effect.abortSignal
          return yield* toAnswer(yield* ask(dispatcher, base, request, headers, signal), name)
        })
      )
    })
  )

// Keys of callers' own, which an endpoint may prefer to that of the gateway.
const keys = new Set(["api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"])

const withoutKeys = (headers: UpstreamRequest["headers"]): UpstreamRequest["headers"] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !keys.has(name)))

/** Puts a path under the base URL; both may have a query. */
const pathUnder = (base: URL, path: string): string => {
  const [below = "", ...query] = path.split("?")
  const queries = [base.search.slice(1), query.join("?")].filter((query) => query !== "")
  const search = queries.length === 0 ? "" : `?${queries.join("&")}`
  return `${base.pathname.replace(/\/+$/, "")}${below}${search}`
}

const headersOf = (headers: Answer["headers"]) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([given, value]) => {
      const name = given.toLowerCase()
      if (value === undefined || name === answeredBy) return []
      return [[name, typeof value === "string" ? value : value.join(", ")]]
    })
  )

const toAnswer = (
  { body, headers, statusCode: status }: Answer,
  endpoint: string | undefined
): Effect.Effect<UpstreamAnswer, UpstreamUnreachable> =>
  // Others are invalid (RFC 9110, 15), and no caller could be told them.
  status < 200 || status > 599
    ? Effect.fail(new UpstreamUnreachable({ reason: `status ${status}` }))
    : Effect.succeed({
        status,
        headers: { ...headersOf(headers), ...(endpoint !== undefined && { [answeredBy]: encodeURI(endpoint) }) },
        // One read at a time, or a slow reader would be given whatever the model has written meanwhile.
        body: NodeStream.fromReadable({ evaluate: () => body, onError: unreachable, chunkSize: 1 })
      })

// The message would tell the caller addresses that are none of its business.
const reasonOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined

const unreachable = (cause: unknown) => new UpstreamUnreachable({ reason: reasonOf(cause) })
