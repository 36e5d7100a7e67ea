import { answeredBy } from "../upstream/Upstream.ts"
import type { RequestContext } from "./RequestContext.ts"

type Headers = Readonly<Record<string, string>>

// RFC 9110, 7.6.1: these hold for one connection.
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
]

const toUpstream = new Set([
  ...hopByHop,
  "host",
  "content-length",
  // The body is forwarded decompressed.
  "content-encoding",
  "expect",
  // The caller's key and cookie belong to the gateway.
  "authorization",
  "cookie",
  "x-stainless-timeout",
  // The tokens of a compressed reply could not be counted.
  "accept-encoding"
])

const withOwnKey = new Set([...toUpstream, "x-api-key"])

// The browser would keep the cookie for the gateway's host, and alt-svc names ports the gateway does not have.
const toCaller = new Set([...hopByHop, "content-length", "set-cookie", "alt-svc", "x-request-id"])

const without = (headers: Headers, dropped: ReadonlySet<string>): Record<string, string> => {
  const { connection = "keep-alive" } = headers
  // The headers that it names hold for the connection too.
  const named = hopByHop.includes(connection) ? [] : connection.split(",").map((name) => name.trim().toLowerCase())
  const others: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    if (!dropped.has(name) && !named.includes(name) && !name.startsWith("x-headgate-")) others[name] = headers[name]!
  }
  return others
}

/** The headers of a request to forward to the endpoint. */
export const forwarded = (headers: Headers, { id, isKeyOurs }: RequestContext): Headers => {
  const others = without(headers, isKeyOurs ? withOwnKey : toUpstream)
  others["accept-encoding"] = "identity"
  others["x-request-id"] = id
  return others
}

/** The headers of the endpoint's reply to return to the caller. */
export const returned = (headers: Headers): Headers => {
  const id = headers["x-request-id"]
  const others = without(headers, toCaller)
  const endpoint = headers[answeredBy]
  if (endpoint !== undefined) others[answeredBy] = endpoint
  if (id !== undefined) others["x-upstream-request-id"] = id
  return others
}
