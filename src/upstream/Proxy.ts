import type * as Undici from "@effect/platform-node/Undici"
import { Effect, Redacted, type Scope } from "effect"
import { createRequire } from "node:module"
import { BlockList, isIP, isIPv6 } from "node:net"

// All of undici, with its fetch, web sockets and caches, takes twelve megabytes more.
const platform = createRequire(import.meta.url).resolve("@effect/platform-node/Undici")
const Agent: typeof Undici.Agent = createRequire(platform)("undici/lib/dispatcher/agent.js")

export interface Options {
  /** The proxy for http endpoints. Default: none. */
  readonly httpProxy?: Redacted.Redacted | undefined
  /** The proxy for https endpoints. Default: none. */
  readonly httpsProxy?: Redacted.Redacted | undefined
  /** Hosts that are reached without a proxy, as in `NO_PROXY`. Default: none. */
  readonly noProxy?: string | undefined
}

const usualPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" }

const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4")

const plain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/\.$/, "")
    .replace(/^\[(.*)\]$/, "$1")

const isInNetwork = (host: string, network: string, prefix: number): boolean => {
  if (isIP(host) === 0 || isIP(network) === 0 || prefix > (isIPv6(network) ? 128 : 32)) return false
  const list = new BlockList()
  list.addSubnet(network, prefix, family(network))
  return list.check(host, family(host))
}

const isNamed = (host: string, entry: string): boolean => {
  const [, network, prefix] = /^(.+)\/(\d+)$/.exec(entry) ?? []
  if (network !== undefined) return isInNetwork(host, plain(network), Number(prefix))
  const name = plain(entry).replace(/^\*?\./, "")
  if (isIP(name) > 0) return isInNetwork(host, name, isIPv6(name) ? 128 : 32)
  return name !== "" && (host === name || host.endsWith(`.${name}`))
}

/** Whether `NO_PROXY` names the host of a URL, or a domain or network around it. */
export const isExcluded = ({ hostname, port, protocol }: URL, noProxy: string): boolean => {
  const host = plain(hostname)
  return noProxy.split(/[,\s]+/).some((entry) => {
    if (entry === "*") return true
    // A bare IPv6 address has colons of its own.
    const [, named = entry, only] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? []
    if (only !== undefined && only !== (port || usualPorts[protocol])) return false
    return named === "*" || isNamed(host, named)
  })
}

const proxyOf = (url: URL, { httpProxy, httpsProxy, noProxy = "" }: Options): Redacted.Redacted | undefined => {
  const proxy = url.protocol === "https:" ? httpsProxy : httpProxy
  return proxy === undefined || isExcluded(url, noProxy) ? undefined : proxy
}

// The gate limits how long a model may take.
const patient = { headersTimeout: 0, bodyTimeout: 0 }

const destroyed = (dispatcher: Undici.Dispatcher) => Effect.promise(() => dispatcher.destroy())

const undici = Effect.promise(() => import("@effect/platform-node/Undici"))

const through = (proxy: Redacted.Redacted): Effect.Effect<Undici.Dispatcher, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.map(undici, ({ ProxyAgent }) => new ProxyAgent({ uri: Redacted.value(proxy), ...patient })),
    destroyed
  )

/** Makes the connections to URLs: straight, or through the proxy that the environment names for each. */
export const dispatchers = Effect.fnUntraced(function* (options: Options) {
  const direct = yield* Effect.acquireRelease(
    Effect.sync(() => new Agent(patient)),
    destroyed
  )
  const proxied = new Map<Redacted.Redacted, Undici.Dispatcher>()
  for (const proxy of [options.httpProxy, options.httpsProxy]) {
    if (proxy !== undefined) proxied.set(proxy, yield* through(proxy))
  }
  return (url: URL): Undici.Dispatcher => {
    const proxy = proxyOf(url, options)
    return proxy === undefined ? direct : proxied.get(proxy)!
  }
})

/** Makes a `fetch` over the same connections. */
export const fetching = (options: Options): Effect.Effect<typeof globalThis.fetch, never, Scope.Scope> =>
  Effect.zipWith(dispatchers(options), undici, (dispatcherTo, undici) => {
    const fetch: unknown = (input: string, init: Undici.RequestInit) =>
      undici.fetch(input, { ...init, dispatcher: dispatcherTo(new URL(input)) })
    // The same functions and classes, declared twice: by the runtime and by the package it is made of.
    return fetch as typeof globalThis.fetch
  })
