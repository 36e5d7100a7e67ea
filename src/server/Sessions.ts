import { createHash, randomBytes } from "node:crypto"
import type { Now } from "../engine/Time.ts"
import type { Principal } from "./ApiKeyAuth.ts"

interface Session {
  readonly principal: Principal
  readonly endsAt: number
}

/** How long a session lasts, in milliseconds: a week. */
export const lifetime = 7 * 86_400_000

const most = 1_000

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
    if (this.#sessions.size > most) this.#sessions.delete(oldest!)
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
