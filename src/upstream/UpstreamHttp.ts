import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Effect, Layer, Predicate, Redacted } from "effect"
import { protocolOf } from "./Protocol.ts"
import { Upstream, type UpstreamAnswer, type UpstreamRequest, UpstreamUnreachable } from "./Upstream.ts"

export interface Options {
  /** The endpoint's http or https URL, to which paths are appended; `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key shown to the endpoint; none. */
  readonly apiKey?: Redacted.Redacted | undefined
}

type Dispatcher = NodeHttpClient.Dispatcher["Service"]
type Answer = Awaited<ReturnType<Dispatcher["request"]>>

const openai = "https://api.openai.com/v1"

/** Reaches an endpoint over HTTP. */
export const layer = (options: Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const dispatcher = yield* NodeHttpClient.Dispatcher
      const base = new URL(options.baseUrl ?? openai)
      const { apiKey } = options
      const withKey = ({ headers, path }: UpstreamRequest) => {
        if (apiKey === undefined) return headers
        // Other keys of the caller are of no use to an endpoint that gets ours.
        const { "api-key": _, "x-api-key": __, ...others } = headers
        return { ...others, ...protocolOf(path).keyHeaders(Redacted.value(apiKey)) }
      }

      const ask = (request: UpstreamRequest, signal: AbortSignal) =>
        Effect.tryPromise({
          try: () =>
            dispatcher.request({
              origin: base.origin,
              path: pathUnder(base, request.path),
              method: request.method,
              headers: withKey(request),
              body: request.body ?? null,
              signal,
              // How long a model may take is for the gate to say.
              headersTimeout: 0,
              bodyTimeout: 0
            }),
          catch: unreachable
        })

      // The signal is the scope's, so that the connection is closed with it, whatever has come by then.
      return Upstream.opening((request) =>
        Effect.flatMap(Effect.abortSignal, (signal) => Effect.map(ask(request, signal), toAnswer))
      )
    })
  ).pipe(Layer.provide(NodeHttpClient.layerDispatcher))

/** Puts a path under the base URL; both may have a query. */
const pathUnder = (base: URL, path: string): string => {
  const [below = "", ...query] = path.split("?")
  const queries = [base.search.slice(1), query.join("?")].filter((query) => query !== "")
  const search = queries.length === 0 ? "" : `?${queries.join("&")}`
  return `${base.pathname.replace(/\/+$/, "")}${below}${search}`
}

const toAnswer = ({ body, headers, statusCode }: Answer): UpstreamAnswer => ({
  status: statusCode,
  headers: Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (value === undefined) return []
      return [[name.toLowerCase(), typeof value === "string" ? value : value.join(", ")]]
    })
  ),
  // One read at a time, or a slow reader would be given whatever the model has written meanwhile.
  body: NodeStream.fromReadable({ evaluate: () => body, onError: unreachable, chunkSize: 1 })
})

// The message would tell the caller addresses that are none of its business.
const reasonOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined

const unreachable = (cause: unknown) => new UpstreamUnreachable({ reason: reasonOf(cause) })
