import { Cause, Context, Effect, Option, Random } from "effect"
import { HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Routes from "./Routes.ts"
import { type Auth, isReadOnly } from "./Auth.ts"
import { cutShort, GatewayError, internalError, invalidApiKey, methodNotAllowed, notFound } from "./GatewayError.ts"
import type { SignInPage } from "./page/SignInPage.ts"
import { logDisconnect, type LogFields, RequestContext } from "./RequestContext.ts"
import { idsOf, pathOf } from "./RequestHead.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse

// Browsers ask for a page, programs for data.
const wantsPage = (request: Request): boolean =>
  isReadOnly(request) && (request.headers["accept"] ?? "").includes("text/html")

/** Adds to the routes the ids of requests, authentication, and JSON for every error; the result never fails. */
export const wrap = Effect.fnUntraced(function* <E, R>(
  app: Effect.Effect<Response, E, R>,
  access: Auth,
  { asking }: SignInPage,
  refusalOf: (request: Request) => GatewayError | undefined
) {
  const random = yield* Random.Random
  const idOf = idsOf(random)
  const unauthorized = (request: Request): Effect.Effect<Response, GatewayError> =>
    wantsPage(request) ? Effect.succeed(asking(request)) : Effect.fail(invalidApiKey)

  return Effect.contextWith((context: Context.Context<HttpServerRequest.HttpServerRequest>) => {
    const request = Context.get(context, HttpServerRequest.HttpServerRequest)
    const id = idOf(request)
    const answered = Effect.suspend((): Effect.Effect<Response, E | GatewayError, R> => {
      const refusal = refusalOf(request)
      if (refusal !== undefined) return Effect.fail(refusal)
      const principal = access.principalOf(request)
      return principal === undefined
        ? unauthorized(request)
        : Effect.provideService(app, RequestContext, {
            id,
            caller: principal.name,
            isKeyOurs: access.isKeyOurs(request)
          })
    })
    return answered.pipe(
      Effect.catchCause((cause) => failed(request, id, cause)),
      Effect.map(HttpServerResponse.setHeaders({ "x-request-id": id, "x-content-type-options": "nosniff" }))
    )
  })
})

const failed = (request: Request, id: string, cause: Cause.Cause<unknown>): Effect.Effect<Response> => {
  const path = pathOf(request)
  return Effect.map(errorOf(request, path, id, cause), (error) =>
    error instanceof GatewayError ? error.responseTo(path, id) : error
  )
}

const errorOf = (
  request: Request,
  path: string,
  id: string,
  cause: Cause.Cause<unknown>
): Effect.Effect<GatewayError | Response> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error instanceof GatewayError) return Effect.succeed(error)
  if (HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound") {
    const allow = Routes.methodsOf(path)
    const { method } = request
    const isMissing = allow === undefined || allow.split(", ").includes(method)
    return Effect.succeed(isMissing ? notFound(method, path) : methodNotAllowed(method, path, allow))
  }
  const what = { request: id, method: request.method, path }
  if (Cause.hasInterruptsOnly(cause)) return interrupted(cause, what)
  return Effect.as(Effect.logError("A request failed", what, cause), internalError)
}

/** Answers a request that was interrupted: by its caller, who disconnected, or by the shutdown. */
const interrupted = (cause: Cause.Cause<unknown>, fields: LogFields): Effect.Effect<GatewayError | Response> =>
  cause.reasons.some(({ annotations }) => annotations.has(HttpServerError.ClientAbort.key))
    ? Effect.as(logDisconnect(fields), HttpServerResponse.empty({ status: 499 }))
    : Effect.succeed(cutShort)
