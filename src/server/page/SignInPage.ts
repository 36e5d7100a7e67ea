import { Effect, FileSystem } from "effect"
import { HttpServerResponse } from "effect/http"
import { fileURLToPath } from "node:url"
import * as ContentPolicy from "./ContentPolicy.ts"

const file = fileURLToPath(new URL("./sign-in.html", import.meta.url))

/** The page that asks for a key. */
export interface SignInPage {
  readonly asking: HttpServerResponse.HttpServerResponse
  /** The same, to someone whose key is none of ours. */
  readonly refusing: HttpServerResponse.HttpServerResponse
}

const response = (html: string) =>
  HttpServerResponse.html(html).pipe(
    HttpServerResponse.setStatus(401),
    HttpServerResponse.setHeaders({
      "cache-control": "no-store",
      "content-security-policy": ContentPolicy.of(html),
      "referrer-policy": "no-referrer",
      "www-authenticate": "Bearer"
    })
  )

export const make: Effect.Effect<SignInPage, never, FileSystem.FileSystem> = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const html = yield* Effect.orDie(files.readFileString(file))
  return { asking: response(html), refusing: response(html.replace(' role="alert" hidden>', ' role="alert">')) }
})
