import { Duration } from "effect"
import { Cookies, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { RequestHead } from "./RequestHead.ts"
import { lifetime } from "./Sessions.ts"

/** The cookie that keeps a session's name. */
export const cookieName = "headgate_session"

// Behind a proxy that speaks https with browsers, the cookie must not go over plain http.
const isSecure = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\s*https\s*(,|$)/i.test(headers["x-forwarded-proto"] ?? "")

// Without a path the cookie holds for where the sign-in page stands and all beneath, which may be a prefix of a proxy's.
const options = (request: HttpServerRequest.HttpServerRequest) =>
  ({ httpOnly: true, sameSite: "strict", secure: isSecure(request) }) as const

/** The name of the session that a request shows. */
export const read = ({ headers }: RequestHead): string | undefined =>
  Cookies.parseHeader(headers["cookie"] ?? "")[cookieName]

/** Has a browser keep a session's name, out of reach of scripts and of other sites. */
export const set = (request: HttpServerRequest.HttpServerRequest, id: string) =>
  HttpServerResponse.setCookieUnsafe(cookieName, id, { ...options(request), maxAge: Duration.millis(lifetime) })

/** Has a browser forget it. */
export const clear = (request: HttpServerRequest.HttpServerRequest) =>
  HttpServerResponse.setCookieUnsafe(cookieName, "", { ...options(request), maxAge: Duration.zero })
