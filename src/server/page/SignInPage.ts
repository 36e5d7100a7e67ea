import { Effect, FileSystem } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { fileURLToPath } from "node:url"
import { relativeUrl } from "../RequestHead.ts"
import { contentPolicy } from "./Asset.ts"

const file = fileURLToPath(new URL("./sign-in.html", import.meta.url))

type Render = (request: HttpServerRequest.HttpServerRequest) => HttpServerResponse.HttpServerResponse

/** The sign-in page, in place of the page that was requested. */
export interface SignInPage {
  readonly asking: Render
  /** The same page, after a wrong key. */
  readonly refusing: Render
}

const response = (html: string): Render => {
  const policy = contentPolicy(html)
  return (request) =>
    HttpServerResponse.html(html.replace(' action="login"', ` action="${relativeUrl(request, "login")}"`)).pipe(
      HttpServerResponse.setStatus(401),
      HttpServerResponse.setHeaders({
        "cache-control": "no-store",
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "www-authenticate": "Bearer"
      })
    )
}

export const make: Effect.Effect<SignInPage, never, FileSystem.FileSystem> = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const html = yield* Effect.orDie(files.readFileString(file))
  return { asking: response(html), refusing: response(html.replace(' role="alert" hidden>', ' role="alert">')) }
})
