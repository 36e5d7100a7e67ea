import { messages, protocolOf } from "../upstream/Protocol.ts"
import type { ApiKeyAuth, Principal } from "./ApiKeyAuth.ts"
import { pathOf, type RequestHead } from "./RequestHead.ts"
import { readCookie, type Sessions } from "./Sessions.ts"

type Request = RequestHead

// Probes carry no keys, and the sign-in page is where a key is entered.
const open = new Set(["/health/live", "/health/ready", "/login", "/logout"])

// What people look at. A cookie comes with whatever page makes the browser ask: it must open nothing that spends or changes.
const looking = /^\/(?:stats(?:\/[\w-]+)?|advice|metrics|docs|openapi\.json|assets\/[\w.-]+)?$/

/** Whether a browser's session is enough for a request. */
export const isReadOnly = (request: Request): boolean =>
  (request.method === "GET" || request.method === "HEAD") && looking.test(pathOf(request))

/** Tells who comes with a request: by its key, or by the session of a browser that has shown one. */
export class Auth {
  readonly #keys: ApiKeyAuth
  readonly #sessions: Sessions

  constructor(keys: ApiKeyAuth, sessions: Sessions) {
    this.#keys = keys
    this.#sessions = sessions
  }

  /** `undefined` turns the request away. */
  principalOf(request: Request): Principal | undefined {
    if (open.has(pathOf(request))) return { name: undefined }
    const principal = this.#keys.authenticate(request.headers["authorization"]) ?? this.#byApiKey(request)
    return principal ?? (isReadOnly(request) ? this.#sessions.find(readCookie(request)) : undefined)
  }

  /** Whether the `x-api-key` of a request is a key of the gateway's own. */
  isKeyOurs({ headers }: Request): boolean {
    const key = headers["x-api-key"]
    return key !== undefined && this.#keys.asksForKeys && this.#keys.authenticate(`Bearer ${key}`) !== undefined
  }

  /** Clients of Anthropic's API show their key in a header of its own. */
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
