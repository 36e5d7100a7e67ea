import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Predicate, Redacted } from "effect"
import { Upstream, type UpstreamReply, type UpstreamRequest, UpstreamUnreachable } from "./Upstream.ts"

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
      const own = apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(apiKey)}` }

      const exchange = ({ body, headers, method, path }: UpstreamRequest, signal: AbortSignal) =>
        dispatcher
          .request({
            origin: base.origin,
            path: pathUnder(base, path),
            method,
            headers: { ...headers, ...own },
            body: body ?? null,
            signal,
            // How long a model may take is for the gate to say.
            headersTimeout: 0,
            bodyTimeout: 0
          })
          .then(wholeReply)

      return {
        send: (request) =>
          Effect.tryPromise({
            try: (signal) => exchange(request, signal),
            catch: (cause) => new UpstreamUnreachable({ reason: reasonOf(cause) })
          })
      }
    })
  ).pipe(Layer.provide(NodeHttpClient.layerDispatcher))

/** Puts a path under the base URL; both may have a query. */
const pathUnder = (base: URL, path: string): string => {
  const [below = "", ...query] = path.split("?")
  const queries = [base.search.slice(1), query.join("?")].filter((query) => query !== "")
  const search = queries.length === 0 ? "" : `?${queries.join("&")}`
  return `${base.pathname.replace(/\/+$/, "")}${below}${search}`
}

const wholeReply = ({ body, headers, statusCode }: Answer): Promise<UpstreamReply> =>
  body.arrayBuffer().then((bytes) => ({
    status: statusCode,
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => {
        if (value === undefined) return []
        return [[name.toLowerCase(), typeof value === "string" ? value : value.join(", ")]]
      })
    ),
    body: new Uint8Array(bytes)
  }))

// The message would tell the caller addresses that are none of its business.
const reasonOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
