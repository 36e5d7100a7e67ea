import { Effect, Predicate } from "effect"
import { aliasesOf } from "../config/Models.ts"
import type { EndpointSettings } from "../config/EndpointsFile.ts"
import { type Endpoints, hasPatterns, namesOf, notServed, type Served } from "../upstream/Endpoints.ts"
import * as Json from "../upstream/Json.ts"
import type { EndpointAddress, UpstreamReply, UpstreamRequest } from "../upstream/Upstream.ts"

interface Model {
  readonly id: string
  readonly [field: string]: unknown
}

type Ask = (request: UpstreamRequest) => Effect.Effect<UpstreamReply, unknown>
type Headers = UpstreamRequest["headers"]

const encoder = new TextEncoder()

const replyOf = (value: unknown): UpstreamReply => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: encoder.encode(JSON.stringify(value))
})

const isModel = (value: unknown): value is Model => Predicate.hasProperty(value, "id") && Predicate.isString(value.id)

const listIn = (body: Uint8Array): ReadonlyArray<Model> => {
  const value = Json.parse(body)
  const data = Predicate.hasProperty(value, "data") ? value.data : value
  return Array.isArray(data) ? data.filter(isModel) : []
}

const named = (id: string, owner: string): Model => ({ id, object: "model", created: 0, owned_by: owner })

/** Gets a path of the models of an endpoint; `undefined` if it does not answer. */
const get = (ask: Ask, address: EndpointAddress, path: string, headers: Headers) =>
  ask({ method: "GET", path, headers, body: undefined, endpoint: address.name, address }).pipe(
    Effect.map((reply) => (reply.status === 200 ? reply.body : undefined)),
    Effect.catch((error) =>
      Effect.as(Effect.logWarning("An endpoint did not list its models", { endpoint: address.name, error }), undefined)
    )
  )

/** The models of one endpoint: those that its settings name, and those that it lists and its patterns admit. */
const modelsOf = Effect.fnUntraced(function* (
  settings: EndpointSettings,
  endpoints: Endpoints["Service"],
  ask: Ask,
  headers: Headers
) {
  const { apiKey, baseUrl, name } = settings
  const own = namesOf(settings).map((id) => named(id, name))
  if (!hasPatterns(settings)) return own
  const body = yield* get(ask, { name, baseUrl, apiKey }, "/models", headers)
  const listed = body === undefined ? [] : listIn(body)
  const served = listed.filter(({ id }) =>
    endpoints.serving(id).some(({ address, model }) => address.name === name && model === id)
  )
  const aliased = listed.flatMap((model) => aliasesOf(model.id, settings.aliases).map((id) => ({ ...model, id })))
  return [...own, ...[...served, ...aliased].map((model) => ({ ...model, owned_by: name }))]
})

/** Lists the models of all endpoints, each once. */
export const list = Effect.fnUntraced(function* (endpoints: Endpoints["Service"], ask: Ask, headers: Headers) {
  const lists = yield* Effect.forEach(
    endpoints.current().endpoints,
    (settings) => modelsOf(settings, endpoints, ask, headers),
    { concurrency: "unbounded" }
  )
  const models = new Map<string, Model>()
  for (const model of lists.flat()) if (!models.has(model.id)) models.set(model.id, model)
  return replyOf({ object: "list", data: [...models.values()] })
})

/** Describes one model, as the first endpoint that serves it does. */
export const one = Effect.fnUntraced(function* (
  endpoints: Endpoints["Service"],
  id: string,
  pathOf: (model: string) => string,
  ask: Ask,
  headers: Headers
) {
  const [served]: ReadonlyArray<Served> = endpoints.serving(id)
  if (served === undefined) return notServed(endpoints, id, { headers, path: "/models" })
  const { address, model } = served
  const settings = endpoints.current().endpoints.find(({ name }) => name === address.name)
  const body = yield* get(ask, address, pathOf(model), headers)
  const listed = body && Json.parse(body)
  if (isModel(listed)) return replyOf({ ...listed, id, owned_by: address.name })
  const isNamed = settings !== undefined && namesOf(settings).includes(id)
  return isNamed ? replyOf(named(id, address.name)) : notServed(endpoints, id, { headers, path: "/models" })
})
