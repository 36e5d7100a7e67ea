import { printable } from "../config/InvalidOptions.ts"
import { isLoopback, parseUrl } from "../config/Address.ts"
import { forbidden, type GatewayError } from "./GatewayError.ts"
import { pathOf, type RequestHead } from "./RequestHead.ts"

const isOwnName = (name: string): boolean => isLoopback(name.replace(/^\[(.*)\]$/, "$1"))

let lastOwn: string | undefined

/** Most requests name one host, and to look at an address takes microseconds. */
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
  "Without keys this gateway answers only its own machine, by 127.0.0.1, ::1 or localhost, and pages from there. " +
  "Set HEADGATE_API_KEYS to let in whoever shows a key, or HEADGATE_ALLOW_ANONYMOUS=true to let everyone in."

/**
 * Why a gateway that only its own machine may use does not answer a request; `undefined` if it does.
 *
 * Any page that someone on this machine looks at can make the browser send requests here, as simple ones or under a name of
 * the page's own that points here. The browser tells of both, in `Origin` and in `Host`; programs send no `Origin`.
 */
export const refusalOf = (request: RequestHead): GatewayError | undefined => {
  if (pathOf(request).startsWith("/health/")) return undefined
  const { host, origin } = request.headers
  if (host !== undefined && !isOwnHost(host)) {
    return forbidden("host", `The host ${printable(JSON.stringify(host))} is none of this gateway's. ${remedy}`)
  }
  if (origin !== undefined && !isOwnOrigin(origin)) {
    return forbidden("origin", `Pages of ${printable(JSON.stringify(origin))} may not ask this gateway. ${remedy}`)
  }
  return undefined
}
