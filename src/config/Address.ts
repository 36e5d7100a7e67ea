import { Option, Redacted } from "effect"
import { BlockList, isIP, isIPv6 } from "node:net"
import * as Field from "./Field.ts"

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8)
loopback.addAddress("::1", "ipv6")

/** Whether only programs of the same machine reach an address. */
export const isLoopback = (host: string): boolean =>
  isIP(host) === 0 ? host.toLowerCase() === "localhost" : loopback.check(host, isIPv6(host) ? "ipv6" : "ipv4")

/** Whether a URL leads to what listens on an address and port for HTTP, as far as names tell. */
export const leadsTo = (url: string, host: string, port: number): boolean => {
  const { hostname, port: given, protocol } = new URL(url)
  const name = hostname.replace(/^\[(.*)\]$/, "$1")
  const isHere = (place: string) => isLoopback(place) || place === "0.0.0.0" || place === "::"
  const isSame = name === host.toLowerCase() || (isHere(name) && isHere(host))
  return protocol === "http:" && Number(given || 80) === port && isSame
}

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

// Resolvers read a name that ends in a number, such as 127.1 or 0x7f000001, as an address of their own spelling.
const isName = (host: string): boolean => {
  const labels = host.split(".")
  return host.length <= 253 && labels.every((part) => label.test(part)) && !/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1)!)
}

/** An address to listen on: an IP address or a host name, without a port. */
export const host = (env: string, usual: string) =>
  Field.text({
    env,
    default: usual,
    example: usual,
    allowed: "an IP address or a host name, without scheme, brackets or port",
    read: (text) => (isIP(text) > 0 || isName(text) ? text : undefined)
  })

// A key may stand in either place, though it has no business there.
const withoutSecrets = (url: string): string =>
  url.replace(/^("?[a-z0-9+.-]*:?\/\/)?.*@/is, `$1${Field.redacted}@`).replace(/\?.+$/s, `?${Field.redacted}`)

/** Reads a text as a URL of one of the schemes, which must name a host. */
export const parseUrl = (text: string, schemes: ReadonlyArray<string>): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && schemes.includes(url.protocol) && url.hostname !== "" ? url : undefined
}

/** An http or https URL to which paths are appended; it ends without a slash. */
export const baseUrl = (env: string) =>
  Field.text({
    env,
    example: "http://127.0.0.1:11434/v1",
    allowed: "an http or https URL without user, password or fragment",
    read: (text) => {
      const url = parseUrl(text, ["http:", "https:"])
      return url === undefined || url.username + url.password + url.hash !== ""
        ? undefined
        : `${url.origin}${url.pathname.replace(/\/+$/, "")}${url.search}`
    },
    hide: withoutSecrets
  })

const proxySchemes = ["http:", "https:", "socks:", "socks5:", "socks5h:"]

const proxyOf = (text: string): Redacted.Redacted | undefined => {
  const url = parseUrl(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`, proxySchemes)
  return url === undefined ? undefined : Redacted.make(url.href.replace(/^socks5h:/, "socks5:"))
}

/** A proxy's URL, which may hold a name and a password; without a scheme it is an http proxy. */
export const proxy = (env: string) =>
  Field.make<Redacted.Redacted | undefined>({
    default: undefined,
    env,
    alias: env.toLowerCase(),
    example: "http://127.0.0.1:3128",
    allowed: "a Redacted text: the http, https or socks5 URL of a proxy",
    allowedText: "the http, https or socks5 URL of a proxy",
    read: (value) => (Redacted.isRedacted(value) ? proxyOf(String(Redacted.value(value))) : undefined),
    parse: Redacted.make,
    show: (url: Redacted.Redacted) => Redacted.value(url),
    hide: withoutSecrets
  })

const percentDecoded = Option.liftThrowable(decodeURIComponent)

/** The file that a `sqlite:` or `file:` URL names; `undefined` if it names none. */
export const sqliteFile = (text: string): string | undefined => {
  const [, path = ""] = /^(?:sqlite|file):(?:\/\/)?([^?#]*[^?#/])$/is.exec(text) ?? []
  return Option.getOrUndefined(Option.filter(percentDecoded(path), (file) => file !== "" && !file.includes("\0")))
}

/** Whether a text is the URL of a database: a PostgreSQL server, or a file of SQLite. */
export const isDatabase = (text: string): boolean => {
  if (sqliteFile(text) !== undefined) return true
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPostgres = url !== undefined && ["postgres:", "postgresql:"].includes(url.protocol)
  // A socket has no host but a folder, as a parameter.
  return isPostgres && (url.hostname !== "" || url.searchParams.has("host"))
}
