import { Duration, Effect, Option } from "effect"
import { HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import { DeadlineExceeded } from "../Rejection.ts"
import * as RejectionResponse from "../upstream/RejectionResponse.ts"
import { Endpoints } from "../upstream/Endpoints.ts"
import { send, Upstream, type UpstreamRequest } from "../upstream/Upstream.ts"
import * as ProxyHeaders from "./ProxyHeaders.ts"
import { GatewayError, notFound, upstreamUnreachable } from "./GatewayError.ts"
import * as RoutedModels from "./RoutedModels.ts"
import { RequestContext } from "./RequestContext.ts"

export interface Options {
  /** How long the endpoint may take to answer. */
  readonly requestTimeout: Duration.Input
}

// A name such as `..` would reach other routes of the endpoint with the gateway's key.
const isName = (id: string): boolean => id.split("/").every((part) => part !== "" && part !== "." && part !== "..")

const pathOf = (id: string): string => ["/models", ...id.split("/").map(encodeURIComponent)].join("/")

/** Asks the endpoint for its models; this is no call of a model, and passes no gate. */
export const layer = ({ requestTimeout }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const upstream = yield* Upstream
      const endpoints = Option.getOrUndefined(yield* Effect.serviceOption(Endpoints))
      const elapsed = Duration.fromInputUnsafe(requestTimeout)
      const late = new GatewayError(
        RejectionResponse.toHttp(
          new DeadlineExceeded({ limit: "attempt", started: true, elapsed, retryAfter: undefined }),
          0
        )
      )

      yield* router.add(
        "GET",
        "/v1/models/*",
        Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
          const context = yield* RequestContext
          const { "*": model = "" } = yield* HttpRouter.params
          if (model !== "" && !isName(model)) return yield* Effect.fail(notFound("GET", `/v1/models/${model}`))
          const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?")) : ""
          const path = (model === "" ? "/models" : pathOf(model)) + query
          const headers = ProxyHeaders.forwarded(request.headers, context)
          const ask = (request: UpstreamRequest) =>
            send(upstream, request).pipe(
              Effect.mapError((error) => upstreamUnreachable(error.message)),
              Effect.timeoutOrElse({ duration: elapsed, orElse: () => Effect.fail(late) })
            )
          const reply = yield* endpoints === undefined
            ? ask({ method: "GET", path, headers, body: undefined })
            : model === ""
              ? RoutedModels.list(endpoints, ask, headers)
              : RoutedModels.one(endpoints, model, pathOf, ask, headers)
          return HttpServerResponse.uint8Array(reply.body, {
            status: reply.status,
            headers: ProxyHeaders.returned(reply.headers)
          })
        })
      )
    })
  )
