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

// What is kept here opens nothing to someone who reads it.
const digest = (id: string): string => createHash("sha256").update(id).digest("base64url")

/** Remembers who has shown a key, under a random name. The newest thousand are kept. */
export class Sessions {
  readonly #now: Now
  readonly #sessions = new Map<string, Session>()

  constructor(now: Now) {
    this.#now = now
  }

  /** Opens a session; only the caller learns its name. */
  open(principal: Principal): string {
    const id = randomBytes(32).toString("base64url")
    this.#sessions.set(digest(id), { principal, endsAt: this.#now() + lifetime })
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > mostSessions) this.#sessions.delete(oldest!)
    return id
  }

  /** Recognises the name of a session that lasts still. */
  find(id: string | undefined): Principal | undefined {
    if (id === undefined) return undefined
    const session = this.#sessions.get(digest(id))
    return session !== undefined && this.#now() < session.endsAt ? session.principal : undefined
  }

  close(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(digest(id))
  }
}

/** The cookie that keeps a session's name. */
export const cookieName = "headgate_session"

// Behind a proxy that speaks https with browsers, the cookie must not go over plain http.
const isSecure = ({ headers }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\s*https\s*(,|$)/i.test(headers["x-forwarded-proto"] ?? "")

// Without a path the cookie holds for where the sign-in page stands and all beneath, which may be a prefix of a proxy's.
const options = (request: HttpServerRequest.HttpServerRequest) =>
  ({ httpOnly: true, sameSite: "strict", secure: isSecure(request) }) as const

/** The name of the session that a request shows. */
export const readCookie = ({ headers }: RequestHead): string | undefined =>
  Cookies.parseHeader(headers["cookie"] ?? "")[cookieName]

/** Has a browser keep a session's name, out of reach of scripts and of other sites. */
export const setCookie = (request: HttpServerRequest.HttpServerRequest, id: string) =>
  HttpServerResponse.setCookieUnsafe(cookieName, id, { ...options(request), maxAge: Duration.millis(lifetime) })

/** Has a browser forget it. */
export const clearCookie = (request: HttpServerRequest.HttpServerRequest) =>
  HttpServerResponse.setCookieUnsafe(cookieName, "", { ...options(request), maxAge: Duration.zero })
