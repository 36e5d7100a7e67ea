import { Effect } from "effect"
import { HttpRouter } from "effect/http"
import * as Asset from "./page/Asset.ts"

// Few processes are asked for these, and their generator is larger than all the rest.
const docs = Effect.promise(() => import("./Docs.ts"))

/** Makes an asset when it is first asked for. */
const lazily = <E, R>(make: Effect.Effect<Asset.Asset, E, R>) => {
  let respond: ReturnType<typeof Asset.responder> | undefined
  return (request: Parameters<ReturnType<typeof Asset.responder>>[0]) =>
    Effect.suspend(() =>
      respond === undefined
        ? Effect.map(make, (asset) => (respond = Asset.responder(asset))(request))
        : Effect.succeed(respond(request))
    )
}

/** Serves the description of the HTTP service, for programs and to browse. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    yield* router.add("GET", "/openapi.json", lazily(Effect.flatMap(docs, ({ description }) => description)))
    yield* router.add("GET", "/docs", lazily(Effect.flatMap(docs, ({ page }) => page)))
  })
)
