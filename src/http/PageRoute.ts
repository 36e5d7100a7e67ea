import { Effect, FileSystem } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { fileURLToPath } from "node:url"

const file = fileURLToPath(new URL("./dashboard.html", import.meta.url))

// The page loads nothing but the figures of its own server.
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Serves the page for people. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const files = yield* FileSystem.FileSystem
    const page = yield* Effect.orDie(files.readFileString(file))
    yield* router.add(
      "GET",
      "/",
      HttpServerResponse.html(page).pipe(
        HttpServerResponse.setHeaders({
          "content-security-policy": policy,
          "cache-control": "no-cache",
          "x-content-type-options": "nosniff"
        })
      )
    )
  })
)
