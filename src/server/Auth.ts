import { messages, protocolOf } from "../upstream/Protocol.ts"
import type { ApiKeyAuth, Principal } from "./ApiKeyAuth.ts"
import { pathOf, type RequestHead } from "./RequestHead.ts"
import { readCookie, type Sessions } from "./Sessions.ts"

type Request = RequestHead

// Probes have no key, and the sign-in page is where a key is entered.
const open = new Set(["/health/live", "/health/ready", "/login", "/logout"])

// Read-only routes. Session cookies are honoured only here, so CSRF cannot trigger a model call.
const readOnlyPath = /^\/(?:stats(?:\/[\w-]+)?|advice|metrics|docs|openapi\.json|assets\/[\w.-]+)?$/

/** Whether the session of a browser suffices for a request. */
export const isReadOnly = (request: Request): boolean =>
  (request.method === "GET" || request.method === "HEAD") && readOnlyPath.test(pathOf(request))

/** Authenticates requests by a key, or by the session of a browser that signed in with one. */
export class Auth {
  readonly #keys: ApiKeyAuth
  readonly #sessions: Sessions

  constructor(keys: ApiKeyAuth, sessions: Sessions) {
    this.#keys = keys
    this.#sessions = sessions
  }

  /** The caller of a request; `undefined` refuses it. */
  principalOf(request: Request): Principal | undefined {
    if (open.has(pathOf(request))) return { name: undefined }
    const principal = this.#keys.authenticate(request.headers["authorization"]) ?? this.#byApiKey(request)
    return principal ?? (isReadOnly(request) ? this.#sessions.find(readCookie(request)) : undefined)
  }

  /** Whether the `x-api-key` of a request is one of the gateway's keys. */
  isKeyOurs({ headers }: Request): boolean {
    const key = headers["x-api-key"]
    return key !== undefined && this.#keys.asksForKeys && this.#keys.authenticate(`Bearer ${key}`) !== undefined
  }

  /** Clients of Anthropic's API send their key in `x-api-key`. */
  #byApiKey(request: Request): Principal | undefined {
    const key = request.headers["x-api-key"]
    return key === undefined || protocolOf(pathOf(request)) !== messages
      ? undefined
      : this.#keys.authenticate(`Bearer ${key}`)
  }

  /** Opens a session for a key; `undefined` if the key is wrong. */
  signIn(key: string): string | undefined {
    const principal = this.#keys.authenticate(`Bearer ${key}`)
    return principal && this.#sessions.open(principal)
  }

  /** Ends the session that a request shows. */
  signOut(request: Request): void {
    this.#sessions.close(readCookie(request))
  }
}
