import { isIPv6 } from "node:net"

/** Reads the address of a gateway; the scheme may be left out. */
export const parse = (text: string): string | undefined => {
  const given = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username + url.password + url.search + url.hash !== ""
  )
    return undefined
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`
}

/** The address under which a gateway on this machine is reached. */
export const local = (host: string, port: number): string => {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}
