import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { shuttingDown } from "../Rejection.ts"
import { Draining } from "../Drain.ts"
import * as RejectionResponse from "../upstream/RejectionResponse.ts"
import { GatewayError } from "./GatewayError.ts"

const live = HttpServerResponse.jsonUnsafe({ status: "live" })
const ready = HttpServerResponse.jsonUnsafe({ status: "ready" })
const leaving = new GatewayError(RejectionResponse.toHttp(shuttingDown, 0))

/** Serves liveness for supervisors and readiness for load balancers. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const draining = yield* Draining
    yield* router.add("GET", "/health/live", live)
    yield* router.add(
      "GET",
      "/health/ready",
      Effect.suspend(() => (draining.isDraining() ? Effect.fail(leaving) : Effect.succeed(ready)))
    )
  })
)
