import { randomUUID } from "node:crypto"
import { Effect, Layer, Option, type Scope } from "effect"
import type { LanguageModel } from "effect/ai"
import { Memory } from "../agents/Memory.ts"
import * as GuardedModel from "../ai/GuardedModel.ts"
import * as OpenAi from "../ai/OpenAi.ts"
import { aimedAt } from "../Call.ts"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import type { Settings } from "../config/Settings.ts"
import * as Demo from "../demo/Demo.ts"
import * as Server from "../server/Server.ts"
import { Endpoints } from "../upstream/Endpoints.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as Proxy from "../upstream/Proxy.ts"
import * as UpstreamHttp from "../upstream/UpstreamHttp.ts"
import type { Failure } from "./Failure.ts"
import * as Jobs from "./Jobs.ts"
import * as Routed from "./Routed.ts"

/** The language model of the agents, reached as the endpoints of the callers are. */
export const model = (settings: Settings): Layer.Layer<LanguageModel.LanguageModel, InvalidOptions> =>
  Layer.unwrap(
    Effect.map(Proxy.fetching(settings), (fetch) => {
      const { configFile, model } = settings
      return configFile === undefined ? OpenAi.layer({ ...settings, fetch }) : OpenAi.layerRouted({ model, fetch })
    })
  )

/** Has the calls inside routed by the agents' model. */
export const aimed = ({ model }: Settings) =>
  Layer.succeed(GuardedModel.CurrentOptions, aimedAt({}, { endpoint: "", model }))

/** What answers: the endpoints for the callers of the service, and for the agents a language model of Effect's. */
const models = (settings: Settings) => {
  if (settings.simulated) {
    return Layer.unwrap(Effect.promise(() => import("./Simulated.ts")).pipe(Effect.map(({ layer }) => layer)))
  }
  const upstream = settings.configFile === undefined ? UpstreamHttp.layer : UpstreamHttp.layerRouted
  return Layer.merge(upstream(settings), model(settings))
}

const warning = (settings: Settings) =>
  Effect.gen(function* () {
    const endpoints = Option.getOrUndefined(yield* Effect.serviceOption(Endpoints))
    const message = endpoints && Routed.notServed(endpoints, settings)
    if (message !== undefined) yield* Effect.logWarning(message)
  })

/** Starts the agents; a service does not wait for the Redis that their jobs may be in. */
const start = (
  settings: Settings
): Effect.Effect<void, Failure, LanguageModel.LanguageModel | Memory | Scope.Scope> => {
  const { databaseUrl, jobsPerMinute, populationSize: size } = settings
  // Each process adds jobs of its own, and agents of all do them.
  const series = Jobs.isStored(settings) ? randomUUID() : undefined
  const started = Effect.flatMap(Jobs.openQueue(settings, "population"), (queue) =>
    Demo.run(queue, { size, jobsPerMinute, series })
  )
  const isRedis = series !== undefined && databaseUrl === undefined
  return isRedis ? Effect.asVoid(Effect.forkScoped(started)) : Effect.asVoid(started)
}

/** The server and the agents, before the model. */
export const layer = (settings: Settings) => {
  const { configFile } = settings
  const population = Layer.effectDiscard(start(settings)).pipe(
    Layer.provide([GuardedModel.layer, Memory.layer]),
    Layer.provide(configFile === undefined ? Layer.empty : aimed(settings)),
    Layer.merge(Layer.effectDiscard(warning(settings)))
  )
  return Layer.merge(Server.layer(settings), population).pipe(
    Layer.provide(GuardedUpstream.layerWith(settings)),
    // The settings have been checked: a value that is refused here is a defect.
    Layer.provide(Layer.orDie(models(settings)))
  )
}
