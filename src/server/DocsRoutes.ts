import { Effect } from "effect"
import { HttpRouter, type HttpServerResponse } from "effect/http"
import { HttpApiSwagger, OpenApi } from "effect/http-api"
import { Api } from "./api/Api.ts"
import * as Asset from "./page/Asset.ts"
import * as ContentPolicy from "./page/ContentPolicy.ts"

const bytesOf = ({ body }: HttpServerResponse.HttpServerResponse): Effect.Effect<Uint8Array> =>
  body._tag === "Uint8Array" ? Effect.succeed(body.body) : Effect.die(new Error(`The docs are ${body._tag}, not bytes`))

const description = Effect.sync((): Asset.Asset => ({
  body: new TextEncoder().encode(JSON.stringify(OpenApi.fromApi(Api))),
  contentType: "application/json"
}))

// Dark where the rest of the desktop is.
const head = `
  <link rel="icon" href="assets/icon.svg" type="image/svg+xml" />
  <script>if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark-mode")</script>`

// The page holds all it needs; it may run nothing else, and load nothing from elsewhere.
const page = Effect.gen(function* () {
  const render = yield* HttpRouter.toHttpEffect(HttpApiSwagger.layer(Api, { path: "/docs" }))
  const bytes = yield* Effect.flatMap(render, bytesOf)
  const html = new TextDecoder().decode(bytes).replace("</title>", `</title>${head}`)
  return {
    body: new TextEncoder().encode(html),
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": ContentPolicy.of(html),
      "referrer-policy": "no-referrer"
    }
  } satisfies Asset.Asset
})

/** Makes an asset when it is first asked for: most processes are never asked for these, and one weighs two megabytes. */
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
    yield* router.add("GET", "/openapi.json", lazily(description))
    yield* router.add("GET", "/docs", lazily(page))
  })
)
