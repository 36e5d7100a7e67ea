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
  /** The keys callers may show; with none, everyone is let in. */
  readonly apiKeys: ReadonlyArray<ApiKey>
  /** Whether only its own machine is answered, by names of its own; no. */
  readonly local?: boolean | undefined
  /** Bytes of the largest request body. */
  readonly maxBodyBytes: number
  /** How long the endpoint may take to list its models. */
  readonly requestTimeout: Duration.Input
  /** How long a request body may take to arrive; a minute. */
  readonly bodyTimeout?: Duration.Input | undefined
  /** How long the reader of a stream may take for what is left when the answer has ended; half a minute. */
  readonly readTimeout?: Duration.Input | undefined
}

/** Requests that call the model and are refused before their body has been read to its end: all else is known of them. */
export const refusals = new WeakMap<object, GatewayError>()

/** Makes the whole HTTP service: the calls of the model, and an effect that answers any other request and never fails. */
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
