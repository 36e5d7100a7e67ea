import { answeredBy } from "../upstream/Upstream.ts"
import type { RequestContext } from "./RequestContext.ts"

type Headers = Readonly<Record<string, string>>

// RFC 9110, 7.6.1: these speak of one connection.
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
  "expect",
  // The caller's key and cookie are for the gateway.
  "authorization",
  "cookie",
  "x-stainless-timeout",
  // The tokens of a compressed reply could not be counted.
  "accept-encoding"
])

const withOwnKey = new Set([...toUpstream, "x-api-key"])

// A cookie would be kept for the gateway's name, and alt-svc names ports it does not have.
const toCaller = new Set([...hopByHop, "content-length", "set-cookie", "alt-svc", "x-request-id"])

const without = (headers: Headers, dropped: ReadonlySet<string>): Record<string, string> => {
  const named = new Set((headers["connection"] ?? "").split(",").map((name) => name.trim().toLowerCase()))
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !dropped.has(name) && !named.has(name) && !name.startsWith("x-headgate-")
    )
  )
}

/** The headers of a request that go on to the endpoint. */
export const forwarded = (headers: Headers, { id, isKeyOurs }: RequestContext): Headers => ({
  ...without(headers, isKeyOurs ? withOwnKey : toUpstream),
  "accept-encoding": "identity",
  "x-request-id": id
})

/** The headers of the endpoint's reply that go back to the caller. */
export const returned = (headers: Headers): Headers => {
  const id = headers["x-request-id"]
  const endpoint = headers[answeredBy]
  return {
    ...without(headers, toCaller),
    ...(id !== undefined && { "x-upstream-request-id": id }),
    ...(endpoint !== undefined && { [answeredBy]: endpoint })
  }
}
