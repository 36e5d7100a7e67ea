import { ByteSize, type Duration, Effect } from "effect"
import { HttpIncomingMessage, HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Auth } from "./Auth.ts"
import { invalidRequest } from "./GatewayError.ts"
import * as BodyTimeout from "./BodyTimeout.ts"
import { relativeUrl } from "./RequestHead.ts"
import * as SessionCookie from "./SessionCookie.ts"
import type { SignInPage } from "./page/SignInPage.ts"

export interface Options {
  readonly access: Auth
  readonly page: SignInPage
  /** How long the form may take to arrive. */
  readonly timeout: Duration.Input
}

// Longer than any header with a key could be.
const longest = ByteSize.kibibytes(64)

const noForm = invalidRequest("key", "Send the form of the sign-in page: `key`, as application/x-www-form-urlencoded.")

const home = (request: HttpServerRequest.HttpServerRequest) =>
  HttpServerResponse.redirect(relativeUrl(request, "./"), { status: 303, headers: { "cache-control": "no-store" } })

/** Lets a browser in: takes a key once and gives it a cookie, and takes that back. */
export const layer = ({ access, page, timeout }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const keyOf = (request: HttpServerRequest.HttpServerRequest) =>
        BodyTimeout.read(Effect.provideService(request.text, HttpIncomingMessage.MaxBodySize, longest), timeout).pipe(
          Effect.catchTag("HttpServerError", () => Effect.fail(noForm)),
          Effect.map((text) => new URLSearchParams(text).get("key")),
          Effect.filterOrFail(
            (key) => key !== null,
            () => noForm
          )
        )

      // Without a session, the page itself asks for a key.
      yield* router.add("GET", "/login", (request) => Effect.sync(() => home(request)))
      yield* router.add("POST", "/login", (request) =>
        Effect.map(keyOf(request), (key) => {
          const id = access.signIn(key.trim())
          return id === undefined ? page.refusing(request) : SessionCookie.set(request, id)(home(request))
        })
      )
      yield* router.add("POST", "/logout", (request) =>
        Effect.sync(() => {
          access.signOut(request)
          return SessionCookie.clear(request)(home(request))
        })
      )
    })
  )
