import type { HttpServerRequest } from "effect/http"
import type { Doorman, Guest } from "./Doorman.ts"
import * as SessionCookie from "./SessionCookie.ts"
import type { Sessions } from "./Sessions.ts"

type Request = HttpServerRequest.HttpServerRequest

/** The path of a request, without its query. */
export const pathOf = ({ url }: Request): string => url.split("?", 1)[0]!

// Probes carry no keys, and whoever signs in has yet to show one.
const open = new Set(["/health/live", "/health/ready", "/login", "/logout"])

// What people look at. A cookie comes with whatever page makes the browser ask: it must open nothing that spends or changes.
const looking = /^\/(?:stats(?:\/[\w-]+)?|advice|metrics|docs|openapi\.json|assets\/[\w.-]+)?$/

/** Whether a browser's session is enough for a request. */
export const isLooking = (request: Request): boolean =>
  (request.method === "GET" || request.method === "HEAD") && looking.test(pathOf(request))

/** Tells who comes with a request: by its key, or by the session of a browser that has shown one. */
export class Access {
  readonly #doorman: Doorman
  readonly #sessions: Sessions

  constructor(doorman: Doorman, sessions: Sessions) {
    this.#doorman = doorman
    this.#sessions = sessions
  }

  /** `undefined` turns the request away. */
  guestOf(request: Request): Guest | undefined {
    if (open.has(pathOf(request))) return { name: undefined }
    const guest = this.#doorman.recognise(request.headers["authorization"])
    return guest ?? (isLooking(request) ? this.#sessions.find(SessionCookie.read(request)) : undefined)
  }

  /** Opens a session for whoever shows a key; `undefined` if it is none of ours. */
  signIn(key: string): string | undefined {
    const guest = this.#doorman.recognise(`Bearer ${key}`)
    return guest && this.#sessions.open(guest)
  }

  /** Ends the session that a request shows. */
  signOut(request: Request): void {
    this.#sessions.close(SessionCookie.read(request))
  }
}
