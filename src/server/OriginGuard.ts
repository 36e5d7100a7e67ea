import { printable } from "../config/InvalidOptions.ts"
import { isLoopback, parseUrl } from "../config/Address.ts"
import { forbidden, type GatewayError } from "./GatewayError.ts"
import { pathOf, type RequestHead } from "./RequestHead.ts"

const isOwnName = (name: string): boolean => isLoopback(name.replace(/^\[(.*)\]$/, "$1"))

let lastOwn: string | undefined

// Most requests name the same host, and parsing an address takes microseconds.
const isOwnHost = (host: string): boolean => {
  if (host === lastOwn) return true
  const isOwn = isOwnName(host.replace(/:\d*$/, ""))
  if (isOwn) lastOwn = host
  return isOwn
}

const isOwnOrigin = (origin: string): boolean => {
  const url = parseUrl(origin, ["http:", "https:"])
  return url !== undefined && isOwnName(url.hostname)
}

const remedy =
  "Without keys this gateway answers only requests to 127.0.0.1, ::1 or localhost, and from pages served there. " +
  "Set HEADGATE_API_KEYS to admit callers with a key, or HEADGATE_ALLOW_ANONYMOUS=true to admit everyone."

/**
 * Refuses requests of other sites to a gateway without keys on loopback; `undefined` admits the request.
 *
 * A web page that is open on this machine can make the browser send requests here: across sites, or by DNS rebinding under
 * its own host name. The browser shows the first in `Origin`, the second in `Host`; programs send no `Origin`.
 */
export const refusalOf = (request: RequestHead): GatewayError | undefined => {
  if (pathOf(request).startsWith("/health/")) return undefined
  const { host, origin } = request.headers
  if (host !== undefined && !isOwnHost(host)) {
    return forbidden("host", `The host ${printable(JSON.stringify(host))} is not a name of this gateway. ${remedy}`)
  }
  if (origin !== undefined && !isOwnOrigin(origin)) {
    return forbidden("origin", `Pages of ${printable(JSON.stringify(origin))} may not call this gateway. ${remedy}`)
  }
  return undefined
}
