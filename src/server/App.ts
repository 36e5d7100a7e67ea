import { type Duration, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { now } from "../engine/Time.ts"
import type { ApiKey } from "../config/ApiKey.ts"
import { Auth } from "./Auth.ts"
import * as AdviceRoute from "./AdviceRoute.ts"
import type { GatewayError } from "./GatewayError.ts"
import * as DocsRoutes from "./DocsRoutes.ts"
import { ApiKeyAuth } from "./ApiKeyAuth.ts"
import * as Middleware from "./Middleware.ts"
import * as HealthRoutes from "./HealthRoutes.ts"
import * as MetricsRoute from "./MetricsRoute.ts"
import { ModelCalls } from "./ModelCalls.ts"
import * as ModelRoutes from "./ModelRoutes.ts"
import * as OriginGuard from "./OriginGuard.ts"
import * as PageRoutes from "./page/PageRoutes.ts"
import * as SignInPage from "./page/SignInPage.ts"
import { Sessions } from "./Sessions.ts"
import * as SignInRoutes from "./SignInRoutes.ts"
import * as StatsRoutes from "./StatsRoutes.ts"

export interface Options extends AdviceRoute.Options {
  /** The keys of callers. Without keys everyone is admitted. */
  readonly apiKeys: ReadonlyArray<ApiKey>
  /** Whether only requests from this machine are answered, to a loopback name. Default: `false`. */
  readonly local?: boolean | undefined
  /** The largest request body. Bytes. */
  readonly maxBodyBytes: number
  /** Longest time for the endpoint to list its models. */
  readonly requestTimeout: Duration.Input
  /** Longest time for a request body to arrive. Default: 1 minute. */
  readonly bodyTimeout?: Duration.Input | undefined
  /** Longest time for a caller to read the rest of a stream that has ended. Default: 30 s. */
  readonly readTimeout?: Duration.Input | undefined
}

/** Why a request to the model was refused before its whole body was read: the router sends the error. */
export const refusals = new WeakMap<object, GatewayError>()

/** Makes the HTTP service: the calls of the model, and an effect that answers every other request and never fails. */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { apiKeys, bodyTimeout: timeout = "1 minute", maxBodyBytes: maxBytes } = options
  const access = new Auth(new ApiKeyAuth(apiKeys), new Sessions(yield* now))
  const page = yield* SignInPage.make
  const routes = Layer.mergeAll(
    ModelRoutes.layer({ requestTimeout: options.requestTimeout }),
    StatsRoutes.layer,
    AdviceRoute.layer(options),
    MetricsRoute.layer,
    HealthRoutes.layer,
    PageRoutes.layer({ signedIn: apiKeys.length > 0 }),
    DocsRoutes.layer,
    SignInRoutes.layer({ access, page, timeout })
  )
  const app = yield* HttpRouter.toHttpEffect(routes)
  const refusalOf = options.local ? OriginGuard.refusalOf : () => undefined
  const patience = options.readTimeout ?? "30 seconds"
  return {
    calls: yield* ModelCalls.make({ access, refusalOf, maxBytes, timeout, patience }),
    other: yield* Middleware.wrap(app, access, page, (request) => refusals.get(request.source) ?? refusalOf(request))
  }
})
