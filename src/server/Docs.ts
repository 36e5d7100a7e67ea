import { Effect } from "effect"
import { HttpRouter, type HttpServerResponse } from "effect/http"
import { HttpApiSwagger, OpenApi } from "effect/http-api"
import { Api } from "./api/Api.ts"
import * as Asset from "./page/Asset.ts"

const bytesOf = ({ body }: HttpServerResponse.HttpServerResponse): Effect.Effect<Uint8Array> =>
  body._tag === "Uint8Array" ? Effect.succeed(body.body) : Effect.die(new Error(`The docs are ${body._tag}, not bytes`))

/** The description of the HTTP service, for programs. */
export const description = Effect.sync((): Asset.Asset => ({
  body: new TextEncoder().encode(JSON.stringify(OpenApi.fromApi(Api))),
  contentType: "application/json"
}))

// Dark where the rest of the desktop is.
const head = `
  <link rel="icon" href="assets/icon.svg" type="image/svg+xml" />
  <script>if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark-mode")</script>`

/** The same to browse. The page holds all it needs; it may run nothing else, and load nothing from elsewhere. */
export const page = Effect.gen(function* () {
  const render = yield* HttpRouter.toHttpEffect(HttpApiSwagger.layer(Api, { path: "/docs" }))
  const bytes = yield* Effect.flatMap(render, bytesOf)
  const html = new TextDecoder().decode(bytes).replace("</title>", `</title>${head}`)
  return {
    body: new TextEncoder().encode(html),
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": Asset.contentPolicy(html),
      "referrer-policy": "no-referrer"
    }
  } satisfies Asset.Asset
})
