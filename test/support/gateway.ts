import { NodeServices } from "@effect/platform-node"
import { Context, Effect, Layer, Logger, type LogLevel, Queue, References, Stream } from "effect"
import { HttpServer } from "effect/http"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import type { Snapshot } from "../../src/stats/Snapshot.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import type { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import type * as App from "../../src/server/App.ts"
import * as Server from "../../src/server/Server.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type { RedisOptions } from "../../src/shared/SharedStore.ts"
import { Upstream } from "../../src/upstream/Upstream.ts"
import * as UpstreamSimulated from "../../src/simulator/UpstreamSimulated.ts"
import { Stats } from "../../src/Stats.ts"

interface Setup {
  readonly limits?: Headgate.Options
  /** The store of the limits; those of its own by default. */
  readonly store?: RedisOptions
  readonly upstream?: Layer.Layer<Upstream>
  readonly app?: Partial<Omit<Server.Options, "host" | "port">>
  /** Hears what the service logs, which nobody does otherwise. */
  readonly log?: (message: unknown, level: LogLevel.LogLevel) => void
}

/** Lets nothing be logged. */
export const quiet = Context.make(References.MinimumLogLevel, "None")

const instant = UpstreamSimulated.layer.pipe(Layer.provide(SimulatedModel.layer({ fixedLatency: 0 })), Layer.orDie)

const gateOf = ({ limits, store }: Setup): Layer.Layer<Gate | Stats> => {
  const options = { requestsPerSecond: Infinity, maxRetries: 0, ...limits }
  return Layer.orDie(store === undefined ? Headgate.make(options) : Headgate.layerRedis(store, options))
}

const behind = (setup: Setup, drain: Drain) =>
  GuardedUpstream.layer.pipe(
    Layer.provideMerge(setup.upstream ?? instant),
    Layer.provideMerge(Layer.fresh(gateOf(setup))),
    Layer.provideMerge(Layer.succeed(Draining, drain)),
    Layer.merge(NodeServices.layer)
  )

const options = (setup: Setup): App.Options => ({
  apiKeys: [],
  maxBodyBytes: 1_000_000,
  requestTimeout: "10 seconds",
  ...setup.app
})

/** The service on a port of its own, or on this one. */
export const onLoopback = Effect.fnUntraced(function* (setup: Setup = {}, port = 0) {
  const { log } = setup
  const logger = log && Logger.make(({ logLevel, message }) => log(message, logLevel))
  const drain = new Drain()
  const listening = Server.layer({ ...options(setup), host: "127.0.0.1", port })
  const context = yield* Layer.build(listening.pipe(Layer.provideMerge(behind(setup, drain)))).pipe(
    Effect.provideContext(logger === undefined ? quiet : Context.make(Logger.CurrentLoggers, new Set([logger])))
  )
  const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
  return { url, drain, stats: Context.get(context, Stats) }
})

/** The same for everyone: its `fetch` takes a path. */
export const fetching = Effect.fnUntraced(function* (setup: Setup = {}) {
  const { url, ...service } = yield* onLoopback({ ...setup, app: { allowAnonymous: true, ...setup.app } })
  const fetch = (path: string, init?: RequestInit) =>
    Effect.promise(() => globalThis.fetch(url + path, { redirect: "manual", ...init }))
  return { ...service, fetch }
})

/** An endpoint that is not ours, on a port of its own. */
export const endpoint = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(listener).listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** Waits until the figures are as wanted; `changes` alone tells of them ten times a second. */
export const until = (stats: Stats["Service"], wanted: (figures: Snapshot) => boolean) => {
  const events = Stream.callback<void>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => stats.onEvent(() => void Queue.offerUnsafe(queue, undefined))),
      (unsubscribe) => Effect.sync(unsubscribe)
    )
  )
  return Stream.merge(
    stats.changes,
    Stream.mapEffect(events, () => stats.snapshot)
  ).pipe(Stream.filter(wanted), Stream.runHead)
}

/** An error body as OpenAI-compatible clients read it. */
export interface Failure {
  readonly error: { readonly message: string; readonly type: string; readonly param: unknown; readonly code: string }
}

/** Reads a body of that shape. */
export const json = <A = Failure>(response: Response) => Effect.promise(() => response.json() as Promise<A>)

/** A request that the gateway takes. */
export const chat = (body: object = {}, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hello" }], ...body })
})
