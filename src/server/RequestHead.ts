import type { IncomingMessage } from "node:http"

/** The head of a request. */
export interface RequestHead {
  readonly method: string
  /** The path and the query. */
  readonly url: string
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The path of a request, without its query. */
export const pathOf = ({ url }: Pick<RequestHead, "url">): string => url.split("?", 1)[0]!

/** The parameters in the query of a request. */
export const queryOf = ({ url }: Pick<RequestHead, "url">): URLSearchParams =>
  new URLSearchParams(url.split("?", 2)[1] ?? "")

/** A path of the service as seen from the page of a request, under whatever prefix a proxy serves it. */
export const relativeUrl = (request: Pick<RequestHead, "url">, path: string): string => {
  const depth = pathOf(request).split("/").length - 2
  return depth <= 0 ? path : "../".repeat(depth) + path.replace(/^\.\//, "")
}

/** The id that the caller gave its request; `undefined` without one of 1 to 128 letters, digits and `_.:-`. */
export const givenId = (headers: RequestHead["headers"]): string | undefined =>
  /^[\w.:-]{1,128}$/.exec(headers["x-request-id"] ?? "")?.[0]

/** Makes the ids of requests: the caller's own, or a random one. */
export const idsOf = (random: { readonly nextDoubleUnsafe: () => number }) => {
  const part = () =>
    Math.floor(random.nextDoubleUnsafe() * 2 ** 32)
      .toString(16)
      .padStart(8, "0")
  return ({ headers }: RequestHead): string => givenId(headers) ?? `req_${part()}${part()}${part()}`
}

/** The URL of a request whose target is absolute, as proxies send it. */
const absolute = (target: string): URL | undefined =>
  /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined

/** Reads the head of a request. */
export const headOf = ({ headers: received, method = "", url: target = "" }: IncomingMessage): RequestHead => {
  const cookies = received["set-cookie"]
  // Every other header is one text, however often it was sent.
  const headers = (cookies === undefined ? received : { ...received, "set-cookie": cookies.join(", ") }) as Record<
    string,
    string
  >
  const url = target.startsWith("/") ? undefined : absolute(target)
  if (url === undefined) return { method, url: target, headers }
  // The target's authority takes precedence over `host` (RFC 9112, 3.2.2).
  return { method, url: url.pathname + url.search, headers: { ...headers, host: url.host } }
}
