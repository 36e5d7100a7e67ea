import { createHash } from "node:crypto"
import { Context, Effect, Layer, Option, SubscriptionRef } from "effect"
import type { EndpointSettings, Endpoints as Settings } from "../config/EndpointsFile.ts"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import type { Gate } from "../Gate.ts"
import * as Headgate from "../Headgate.ts"
import { isPattern, Models } from "../config/Models.ts"
import type * as Router from "../policy/Router/Router.ts"
import { SharedStore } from "../shared/SharedStore.ts"
import * as JsonObject from "./JsonObject.ts"
import { protocolOf } from "./Protocol.ts"
import { modelOf } from "./StreamUsage.ts"
import type { EndpointAddress, UpstreamReply, UpstreamRequest } from "./Upstream.ts"

/** Limits of an endpoint that later settings change while calls run. */
const limitsOf = ({ circuitBreaker, limits }: EndpointSettings): ReadonlyArray<number> => [
  limits.maxConcurrentRequests,
  limits.requestsPerSecond,
  limits.tokensPerMinute,
  limits.requestTimeout,
  limits.streamIdleTimeout,
  circuitBreaker.maxFailures,
  circuitBreaker.timeout
]

/** An endpoint whose state stays as long as its address and the kind of its limits do. */
interface Live {
  readonly key: string
  readonly policies: Layer.Layer<Gate, InvalidOptions, Gate>
  readonly limits: ReadonlyArray<SubscriptionRef.SubscriptionRef<number>>
}

const isAdaptive = ({ limits, preset }: EndpointSettings) =>
  preset === "adaptive" && limits.maxConcurrentRequests === Infinity

const keyOf = (settings: EndpointSettings) => {
  const { baseUrl, name, preset } = settings
  return JSON.stringify([name, baseUrl, preset === "adaptive", isAdaptive(settings)])
}

/** What the replicas of a store call an endpoint: by its name, and anew at another address. */
const sharedName = ({ baseUrl, name }: EndpointSettings) =>
  `${name.slice(0, 40)}-${createHash("sha256").update(`${name} ${baseUrl}`).digest("hex").slice(0, 16)}`

/** What the endpoints have in common. */
interface Common {
  readonly adaptiveMaxConcurrent: number
  /** The store in which replicas share limits. */
  readonly store: SharedStore["Service"] | undefined
}

const begin = Effect.fnUntraced(function* (settings: EndpointSettings, { adaptiveMaxConcurrent, store }: Common) {
  const limits = yield* Effect.forEach(limitsOf(settings), (limit) => SubscriptionRef.make(limit))
  const [concurrent, rate, tokens, timeout, idle, failures, open] = limits
  const given: Headgate.EndpointLimits = {
    maxConcurrentRequests: concurrent!,
    requestsPerSecond: rate!,
    tokensPerMinute: tokens!,
    requestTimeout: timeout!,
    streamIdleTimeout: idle!,
    circuitBreaker: { maxFailures: failures!, timeout: open! },
    adaptive: isAdaptive(settings),
    adaptiveMaxConcurrent,
    learns: settings.preset === "adaptive"
  }
  const policies =
    store === undefined
      ? Headgate.endpoint(given)
      : Layer.provide(Headgate.endpointShared(given, sharedName(settings)), Layer.succeed(SharedStore, store))
  const live: Live = { key: keyOf(settings), policies, limits }
  return live
})

const addressOf = ({ apiKey, baseUrl, name }: EndpointSettings): EndpointAddress => ({ name, baseUrl, apiKey })

/** An endpoint that serves a model, and the name by which it knows it. */
export interface Served {
  readonly address: EndpointAddress
  readonly model: string
}

/** The endpoints of a gateway that has several. */
export class Endpoints extends Context.Service<
  Endpoints,
  {
    /** What the router is told. */
    readonly routes: SubscriptionRef.SubscriptionRef<Router.Options>
    /** Takes up other settings; calls go on, and endpoints that stay keep their state. */
    readonly update: (settings: Settings) => Effect.Effect<void>
    /** The endpoints as they are now. */
    readonly current: () => Settings
    /** The endpoints that serve a model. */
    readonly serving: (model: string) => ReadonlyArray<Served>
    /** The models there are: names, patterns and aliases. */
    readonly models: () => ReadonlyArray<string>
  }
>()("headgate/Endpoints") {
  static readonly make = Effect.fnUntraced(function* (first: Settings, adaptiveMaxConcurrent: number) {
    const store = Option.getOrUndefined(yield* Effect.serviceOption(SharedStore))
    const common = { adaptiveMaxConcurrent, store }
    let current = first
    let served: ReadonlyArray<readonly [Models, EndpointAddress]> = []
    const live = new Map<string, Live>()

    const prepare = Effect.fnUntraced(function* (settings: Settings) {
      for (const endpoint of settings.endpoints) {
        const known = live.get(keyOf(endpoint))
        if (known === undefined) live.set(keyOf(endpoint), yield* begin(endpoint, common))
        else
          yield* Effect.forEach(limitsOf(endpoint), (limit, index) => SubscriptionRef.set(known.limits[index]!, limit))
      }
      const keys = new Set(settings.endpoints.map(keyOf))
      for (const key of live.keys()) if (!keys.has(key)) live.delete(key)
      current = settings
      served = settings.endpoints.map((each) => [new Models(each.models, each.aliases), addressOf(each)])
      const options: Router.Options = {
        fallbackModels: settings.fallbackModels,
        endpoints: settings.endpoints.map((each) => ({
          name: each.name,
          models: each.models,
          aliases: each.aliases,
          weight: each.weight,
          order: each.order,
          policies: live.get(keyOf(each))!.policies,
          value: addressOf(each)
        }))
      }
      return options
    })

    const routes = yield* SubscriptionRef.make(yield* prepare(first))
    return Endpoints.of({
      routes,
      update: (settings) => Effect.flatMap(prepare(settings), (options) => SubscriptionRef.set(routes, options)),
      current: () => current,
      serving: (asked) =>
        served.flatMap(([models, address]) => {
          const model = models.nameOf(asked)
          return model === undefined ? [] : [{ address, model }]
        }),
      models: () => [...new Set(served.flatMap(([{ names }]) => names))]
    })
  })
}

// An error lists at most this many names.
const mostNames = 30

/** The reply to a request for a model that no endpoint serves; `undefined` if one does. */
export const refusal = (endpoints: Endpoints["Service"], request: UpstreamRequest): UpstreamReply | undefined => {
  const model = modelOf(request)
  if (model === "" || endpoints.serving(model).length > 0) return undefined
  return notServed(endpoints, model, request)
}

/** The reply that there is no such model, which names those there are. */
export const notServed = (
  endpoints: Endpoints["Service"],
  model: string,
  { headers, path }: Pick<UpstreamRequest, "headers" | "path">
): UpstreamReply => {
  const names = endpoints.models()
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : ""
  const told = names.slice(0, mostNames).join(", ")
  const message = `No endpoint serves the model ${JSON.stringify(model)}. The models are ${told}${more}.`
  const error = { status: 404, code: "model_not_found", param: "model", message }
  const body = protocolOf(path).errorBody(error, headers["x-request-id"])
  return {
    status: 404,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify(body))
  }
}

const isAddress = (value: unknown): value is EndpointAddress =>
  typeof value === "object" && value !== null && "baseUrl" in value && "name" in value

/** Where the router has sent an attempt, and by what name the endpoint knows the model; `undefined` without a router. */
export const destinationOf = (
  route: { readonly model: string; readonly value: unknown } | undefined
): Served | undefined => {
  if (route === undefined || !isAddress(route.value)) return undefined
  return { address: route.value, model: route.model }
}

/** The request of an attempt: for the endpoint that the router chose, with the model by the endpoint's name. */
export const routed = (request: UpstreamRequest, route: Parameters<typeof destinationOf>[0]): UpstreamRequest => {
  const destination = destinationOf(route)
  if (destination === undefined) return request
  const { address, model } = destination
  const sent = { ...request, endpoint: address.name, address }
  if (model === "" || model === modelOf(request)) return sent
  return { ...sent, model, body: request.body && JsonObject.replacing(request.body, "model", model) }
}

/** The names of models that an endpoint has by its settings, without asking it. */
export const namesOf = ({ aliases, models = [] }: EndpointSettings): ReadonlyArray<string> =>
  [...Object.keys(aliases), ...models].filter((name) => !isPattern(name))

/** Whether an endpoint serves models that only it can name. */
export const hasPatterns = ({ aliases, models }: EndpointSettings): boolean =>
  [...Object.keys(aliases), ...(models ?? (Object.keys(aliases).length === 0 ? ["*"] : []))].some(isPattern)
