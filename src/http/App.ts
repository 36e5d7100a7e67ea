import { type Duration, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import type { ApiKey } from "../internal/settings/ApiKey.ts"
import * as AdviceRoute from "./AdviceRoute.ts"
import { Doorman } from "./Doorman.ts"
import * as Envelope from "./Envelope.ts"
import * as HealthRoutes from "./HealthRoutes.ts"
import * as HistoryRoute from "./HistoryRoute.ts"
import * as MetricsRoute from "./MetricsRoute.ts"
import * as ModelCallRoutes from "./ModelCallRoutes.ts"
import * as ModelRoutes from "./ModelRoutes.ts"
import * as PageRoute from "./PageRoute.ts"
import * as StatsRoutes from "./StatsRoutes.ts"

export interface Options extends AdviceRoute.Options {
  /** The keys callers may show; with none, everyone is let in. */
  readonly apiKeys: ReadonlyArray<ApiKey>
  /** Bytes of the largest request body. */
  readonly maxBodyBytes: number
  /** How long the endpoint may take to list its models. */
  readonly requestTimeout: Duration.Input
  /** How long a request body may take to arrive; a minute. */
  readonly bodyTimeout?: Duration.Input | undefined
  /** How long the reader of a stream may take for what is left when the answer has ended; half a minute. */
  readonly readTimeout?: Duration.Input | undefined
}

/** Makes the whole HTTP service: an effect that answers any request and never fails. */
export const make = (options: Options) => {
  const routes = Layer.mergeAll(
    ModelCallRoutes.layer({
      maxBytes: options.maxBodyBytes,
      timeout: options.bodyTimeout ?? "1 minute",
      patience: options.readTimeout ?? "30 seconds"
    }),
    ModelRoutes.layer({ requestTimeout: options.requestTimeout }),
    StatsRoutes.layer,
    HistoryRoute.layer,
    AdviceRoute.layer(options),
    MetricsRoute.layer,
    HealthRoutes.layer,
    PageRoute.layer
  )
  return HttpRouter.toHttpEffect(routes).pipe(Effect.flatMap((app) => Envelope.wrap(app, new Doorman(options.apiKeys))))
}
