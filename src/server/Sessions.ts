import { createHash, randomBytes } from "node:crypto"
import { Duration } from "effect"
import { Cookies, type HttpServerRequest, HttpServerResponse } from "effect/http"
import type { Now } from "../engine/Time.ts"
import type { Principal } from "./ApiKeyAuth.ts"
import type { RequestHead } from "./RequestHead.ts"

interface Session {
  readonly principal: Principal
  readonly endsAt: number
}

/** Milliseconds that a session lasts: a week. */
export const lifetime = 7 * 86_400_000

const mostSessions = 1_000

// Only digests are kept: a memory dump opens no session.
const digest = (id: string): string => createHash("sha256").update(id).digest("base64url")

/** Sessions of browsers that signed in with a key, by random ids. The newest 1000 are kept. */
export class Sessions {
  readonly #now: Now
  readonly #sessions = new Map<string, Session>()

  constructor(now: Now) {
    this.#now = now
  }

  /** Opens a session and returns its id. */
  open(principal: Principal): string {
    const id = randomBytes(32).toString("base64url")
    this.#sessions.set(digest(id), { principal, endsAt: this.#now() + lifetime })
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > mostSessions) this.#sessions.delete(oldest!)
    return id
  }

  /** The caller of a session; `undefined` for an unknown or expired one. */
  find(id: string | undefined): Principal | undefined {
    if (id === undefined) return undefined
    const session = this.#sessions.get(digest(id))
    return session !== undefined && this.#now() < session.endsAt ? session.principal : undefined
  }

  close(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(digest(id))
  }
}

/** The cookie with the id of a session. */
export const cookieName = "headgate_session"

// Behind a proxy with TLS, browsers must not send the cookie over plain http.
const isSecure = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\s*https\s*(,|$)/i.test(headers["x-forwarded-proto"] ?? "")

// Without a path the cookie holds for the folder of the sign-in page, which may be a prefix of a proxy's.
const options = (request: HttpServerRequest.HttpServerRequest) =>
  ({ httpOnly: true, sameSite: "strict", secure: isSecure(request) }) as const

/** The id of the session in the cookie of a request. */
export const readCookie = ({ headers }: RequestHead): string | undefined =>
  Cookies.parseHeader(headers["cookie"] ?? "")[cookieName]

/** Sets the cookie of a session, which neither scripts nor other sites can read. */
export const setCookie = (request: HttpServerRequest.HttpServerRequest, id: string) =>
  HttpServerResponse.setCookieUnsafe(cookieName, id, { ...options(request), maxAge: Duration.millis(lifetime) })

/** Clears the cookie. */
export const clearCookie = (request: HttpServerRequest.HttpServerRequest) =>
  HttpServerResponse.setCookieUnsafe(cookieName, "", { ...options(request), maxAge: Duration.zero })
