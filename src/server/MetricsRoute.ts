import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { Stats } from "../Stats.ts"
import * as CallFamilies from "./metrics/CallFamilies.ts"
import * as EndpointFamilies from "./metrics/EndpointFamilies.ts"
import * as Exposition from "./metrics/Exposition.ts"
import * as GateFamilies from "./metrics/GateFamilies.ts"

const options = {
  contentType: "text/plain; version=0.0.4; charset=utf-8",
  headers: { "cache-control": "no-store" }
}

/** Serves the stats in Prometheus' text format, written on request so that calls pay nothing. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { distributions, metrics, snapshot } = yield* Stats
    yield* router.add(
      "GET",
      "/metrics",
      Effect.map(Effect.all([snapshot, distributions, metrics]), ([figures, times, sections]) =>
        HttpServerResponse.text(
          Exposition.text([
            ...CallFamilies.of(figures, times),
            ...GateFamilies.of(figures, sections),
            ...EndpointFamilies.of(figures.endpoints ?? [])
          ]),
          options
        )
      )
    )
  })
)
