import type { Dispatcher } from "@effect/platform-node/Undici"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Effect, Layer, Predicate, Redacted } from "effect"
import { protocolOf } from "./Protocol.ts"
import * as Proxy from "./Proxy.ts"
import { Upstream, type UpstreamAnswer, type UpstreamRequest, UpstreamUnreachable } from "./Upstream.ts"

export interface Options extends Proxy.Options {
  /** The endpoint's http or https URL, to which paths are appended; `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined
  /** The key shown to the endpoint; none. */
  readonly apiKey?: Redacted.Redacted | undefined
}

type Answer = Awaited<ReturnType<Dispatcher["request"]>>

/** The endpoint that is asked if none is named. */
export const openai = "https://api.openai.com/v1"

/** Reaches an endpoint over HTTP. */
export const layer = (options: Options): Layer.Layer<Upstream> =>
  Layer.effect(
    Upstream,
    Effect.gen(function* () {
      const base = new URL(options.baseUrl ?? openai)
      const { apiKey } = options
      const dispatcher = yield* Proxy.dispatcherTo(base, options)
      const withKey = ({ headers, path }: UpstreamRequest) =>
        apiKey === undefined
          ? headers
          : { ...withoutKeys(headers), ...protocolOf(path).keyHeaders(Redacted.value(apiKey)) }

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
        Effect.flatMap(Effect.abortSignal, (signal) => Effect.flatMap(ask(request, signal), toAnswer))
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

const toAnswer = ({ body, headers, statusCode: status }: Answer): Effect.Effect<UpstreamAnswer, UpstreamUnreachable> =>
  // Others are invalid (RFC 9110, 15), and no caller could be told them.
  status < 200 || status > 599
    ? Effect.fail(new UpstreamUnreachable({ reason: `status ${status}` }))
    : Effect.succeed({
        status,
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
