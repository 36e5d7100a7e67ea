import { Context, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { NodeServices } from "@effect/platform-node"
import type { RequestListener } from "node:http"
import type { EndpointSettings, Endpoints as FileSettings } from "../../src/config/EndpointsFile.ts"
import * as Preset from "../../src/config/Preset.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as Server from "../../src/server/Server.ts"
import { Stats } from "../../src/Stats.ts"
import { Endpoints } from "../../src/upstream/Endpoints.ts"
import { GuardedUpstream } from "../../src/upstream/GuardedUpstream.ts"
import * as UpstreamHttp from "../../src/upstream/UpstreamHttp.ts"
import { endpoint, quiet } from "./gateway.ts"

type Given = Partial<Omit<EndpointSettings, "limits" | "circuitBreaker">> & {
  readonly limits?: Partial<EndpointSettings["limits"]>
  readonly circuitBreaker?: Partial<EndpointSettings["circuitBreaker"]>
}

/** The settings of an endpoint, as a file would give them. */
export const settingsOf = (name: string, baseUrl: string, { circuitBreaker, limits, ...given }: Given = {}) => {
  const { circuitBreaker: usualBreaker, ...usual } = Preset.presets.default
  const settings: EndpointSettings = {
    name,
    baseUrl,
    apiKey: undefined,
    models: undefined,
    aliases: {},
    weight: 1,
    order: 0,
    preset: "default",
    ...given,
    limits: {
      requestsPerSecond: Infinity,
      maxConcurrentRequests: 100,
      tokensPerMinute: usual.tokensPerMinute,
      requestTimeout: usual.requestTimeout,
      streamIdleTimeout: usual.streamIdleTimeout,
      ...limits
    },
    circuitBreaker: { ...usualBreaker, ...circuitBreaker }
  }
  return settings
}

export interface Place {
  readonly name: string
  readonly listener: RequestListener
  readonly given?: Given
}

/** The gateway on a port of its own, in front of endpoints with these settings. */
export const routedTo = Effect.fnUntraced(function* (
  settings: ReadonlyArray<EndpointSettings>,
  options: Parameters<typeof Headgate.routed>[1] = {},
  fallbackModels: FileSettings["fallbackModels"] = {}
) {
  const endpoints = yield* Endpoints.make({ endpoints: settings, fallbackModels }, 64)
  const service = Server.layer({
    apiKeys: [],
    maxBodyBytes: 1_000_000,
    requestTimeout: "10 seconds",
    host: "127.0.0.1",
    port: 0
  }).pipe(
    Layer.provide(GuardedUpstream.layer),
    Layer.provide(UpstreamHttp.layerRouted({})),
    Layer.provideMerge(Headgate.routed(endpoints.routes, { maxRetries: 0, ...options })),
    Layer.provide(Layer.succeed(Endpoints, endpoints)),
    Layer.provide(Layer.succeed(Draining, new Drain())),
    Layer.provideMerge(NodeServices.layer)
  )
  const context = yield* Effect.provideContext(Layer.build(service), quiet)
  const url = yield* Effect.provideContext(HttpServer.addressFormattedWith(Effect.succeed), context)
  return { url, endpoints, settings, stats: Context.get(context, Stats) }
})

/** The same with endpoints on ports of their own. */
export const before = Effect.fnUntraced(function* (
  places: ReadonlyArray<Place>,
  options: Parameters<typeof Headgate.routed>[1] = {},
  fallbackModels: FileSettings["fallbackModels"] = {}
) {
  const settings = yield* Effect.forEach(places, ({ given, listener, name }) =>
    Effect.map(endpoint(listener), ({ url }) => settingsOf(name, url, given))
  )
  return yield* routedTo(settings, options, fallbackModels)
})
