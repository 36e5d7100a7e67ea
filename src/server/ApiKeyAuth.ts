import { Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import type { ApiKey } from "../config/ApiKey.ts"

/** The caller of a request: the name of its key, or `undefined` for a key without a name. */
export interface Principal {
  readonly name: string | undefined
}

const digest = (text: string) => createHash("sha256").update(text).digest()

/** Authenticates callers by their keys; without keys, admits everyone. */
export class ApiKeyAuth {
  readonly #keys: ReadonlyArray<{ readonly name: string | undefined; readonly digest: Buffer }>

  constructor(keys: ReadonlyArray<ApiKey>) {
    this.#keys = keys.map(({ key, name }) => ({ name, digest: digest(Redacted.value(key)) }))
  }

  /** Whether callers need a key. */
  get asksForKeys(): boolean {
    return this.#keys.length > 0
  }

  /** The caller of an `Authorization` header; `undefined` for a wrong key. */
  authenticate(authorization: string | undefined): Principal | undefined {
    if (this.#keys.length === 0) return { name: undefined }
    const shown = digest(/^bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? "")
    // Every key is compared in full, so that timing reveals nothing.
    const known = this.#keys.filter((key) => timingSafeEqual(key.digest, shown))
    return known.at(0)
  }
}
