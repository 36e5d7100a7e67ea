import { Effect, Layer } from "effect"
import { Memory } from "../agents/Memory.ts"
import * as GuardedModel from "../ai/GuardedModel.ts"
import * as OpenAi from "../ai/OpenAi.ts"
import type { Settings } from "../config/Settings.ts"
import * as Demo from "../demo/Demo.ts"
import * as Server from "../server/Server.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as Proxy from "../upstream/Proxy.ts"
import * as UpstreamHttp from "../upstream/UpstreamHttp.ts"

/** The language model of the agents, reached as the endpoint of the callers is. */
const agentsModel = (settings: Settings) =>
  Layer.unwrap(
    Effect.map(Proxy.fetchTo(new URL(settings.baseUrl ?? UpstreamHttp.openai), settings), (fetch) =>
      OpenAi.layer({ ...settings, fetch })
    )
  )

/** What answers: the endpoint for the callers of the service, and for the agents a language model of Effect's. */
const models = (settings: Settings) =>
  settings.simulated
    ? Layer.unwrap(Effect.promise(() => import("./Simulated.ts")).pipe(Effect.map(({ layer }) => layer)))
    : Layer.merge(UpstreamHttp.layer(settings), agentsModel(settings))

/** The server and the agents, before the model. */
export const layer = (settings: Settings) => {
  const { jobsPerMinute, populationSize: size } = settings
  const population = Demo.layer({ size, jobsPerMinute }).pipe(Layer.provide([GuardedModel.layer, Memory.layer]))
  return Layer.merge(Server.layer(settings), population).pipe(
    Layer.provide(GuardedUpstream.layerWith(settings)),
    // The settings have been checked: a value that is refused here is a defect.
    Layer.provide(Layer.orDie(models(settings)))
  )
}
