import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHash } from "node:crypto"

/** A response that does not change while the process runs. */
export interface Asset {
  readonly body: Uint8Array
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
}

const matches = (known: string, etag: string): boolean =>
  known.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag)

/** Answers requests for an asset. Browsers cache it and revalidate it each time, so an upgrade shows at once. */
export const responder = ({ body, contentType, headers }: Asset) => {
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  const kept = { "cache-control": "no-cache", etag, ...headers }
  const whole = HttpServerResponse.uint8Array(body, { contentType, headers: kept })
  const same = HttpServerResponse.empty({ status: 304, headers: kept })
  return (request: HttpServerRequest.HttpServerRequest): HttpServerResponse.HttpServerResponse => {
    const known = request.headers["if-none-match"]
    return known !== undefined && matches(known, etag) ? same : whole
  }
}

const hashes = (html: string, tag: "script" | "style"): string =>
  [...html.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?>([^]*?)</${tag}>`, "g"))]
    .filter(([, content]) => content !== "")
    .map(([, content]) => ` 'sha256-${createHash("sha256").update(content!).digest("base64")}'`)
    .join("")

/** A content security policy: the page loads only from this server, and runs only its scripts and those in the page. */
export const contentPolicy = (html: string): string =>
  [
    "default-src 'none'",
    `script-src 'self'${hashes(html, "script")}`,
    `style-src 'self'${hashes(html, "style")}`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
