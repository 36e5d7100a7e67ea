import { ByteSize, type Duration, Effect, Fiber } from "effect"
import { HttpIncomingMessage, HttpRouter, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Auth } from "./Auth.ts"
import { bodyTimeout, invalidRequest } from "./GatewayError.ts"
import { relativeUrl } from "./RequestHead.ts"
import * as Sessions from "./Sessions.ts"
import type { SignInPage } from "./page/SignInPage.ts"

export interface Options {
  readonly access: Auth
  readonly page: SignInPage
  /** Longest time for the form to arrive. */
  readonly timeout: Duration.Input
}

// Longer than any key.
const longest = ByteSize.kibibytes(64)

const invalidForm = invalidRequest(
  "key",
  "Send the form of the sign-in page: `key`, as application/x-www-form-urlencoded."
)

/**
 * Reads the form within a time. Reading is not interrupted at the timeout but when the request has been answered:
 * interruption destroys the connection, and the browser would not see the answer.
 */
const textOf = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest, timeout: Duration.Input) {
  const text = Effect.provideService(request.text, HttpIncomingMessage.MaxBodySize, longest)
  const reading = yield* Effect.forkScoped(text, { startImmediately: true })
  return yield* Effect.timeoutOrElse(Fiber.join(reading), {
    duration: timeout,
    orElse: () => Effect.fail(bodyTimeout)
  })
})

const home = (request: HttpServerRequest.HttpServerRequest) =>
  HttpServerResponse.redirect(relativeUrl(request, "./"), { status: 303, headers: { "cache-control": "no-store" } })

/** Signs a browser in: trades a key for the cookie of a session, and ends it at sign-out. */
export const layer = ({ access, page, timeout }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const keyOf = (request: HttpServerRequest.HttpServerRequest) =>
        textOf(request, timeout).pipe(
          Effect.catchTag("HttpServerError", () => Effect.fail(invalidForm)),
          Effect.map((text) => new URLSearchParams(text).get("key")),
          Effect.filterOrFail(
            (key) => key !== null,
            () => invalidForm
          )
        )

      // The dashboard shows the sign-in page to a browser without a session.
      yield* router.add("GET", "/login", (request) => Effect.sync(() => home(request)))
      yield* router.add("POST", "/login", (request) =>
        Effect.map(keyOf(request), (key) => {
          const id = access.signIn(key.trim())
          return id === undefined ? page.refusing(request) : Sessions.setCookie(request, id)(home(request))
        })
      )
      yield* router.add("POST", "/logout", (request) =>
        Effect.sync(() => {
          access.signOut(request)
          return Sessions.clearCookie(request)(home(request))
        })
      )
    })
  )
