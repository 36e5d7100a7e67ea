import process from "node:process"
import { Console, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { Memory } from "../agents/Memory.ts"
import * as Demo from "../demo/Demo.ts"
import { leadsTo } from "../config/Address.ts"
import * as EndpointsFile from "../config/EndpointsFile.ts"
import * as Preset from "../config/Preset.ts"
import { Drain, Draining } from "../Drain.ts"
import * as Headgate from "../Headgate.ts"
import * as Server from "../server/Server.ts"
import * as Shutdown from "../server/Shutdown.ts"
import * as GuardedModel from "../ai/GuardedModel.ts"
import { Endpoints } from "../upstream/Endpoints.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as OpenAi from "../ai/OpenAi.ts"
import * as SimulatedLanguageModel from "../simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../simulator/SimulatedModel.ts"
import * as Proxy from "../upstream/Proxy.ts"
import * as UpstreamHttp from "../upstream/UpstreamHttp.ts"
import * as UpstreamSimulated from "../simulator/UpstreamSimulated.ts"
import type { Settings } from "../config/Settings.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import * as Reload from "./Reload.ts"
import * as Report from "./Report.ts"

// Supervisors commonly wait thirty seconds before they kill.
const patience = "20 seconds"

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
    ? Layer.merge(UpstreamSimulated.layer, SimulatedLanguageModel.layer).pipe(Layer.provide(SimulatedModel.layer()))
    : Layer.merge(UpstreamHttp.layer(settings), agentsModel(settings))

/** The service in front of several endpoints, from a file that is followed while it runs. */
const routed = (settings: Settings, file: string, drain: Drain) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { adaptiveMaxConcurrent, deadline, host, maxQueueSize, maxRetries, port } = settings
      const surroundings = { defaults: settings, isItself: (url: string) => leadsTo(url, host, port) }
      const { text, ...first } = yield* EndpointsFile.read(file, surroundings)
      const endpoints = yield* Endpoints.make(first, adaptiveMaxConcurrent)
      const limitsTokens = first.endpoints.some(({ limits }) => Number.isFinite(limits.tokensPerMinute))
      return Server.layer(settings).pipe(
        Layer.merge(
          Layer.effectDiscard(Effect.forkScoped(Reload.follow({ file, text, surroundings, endpoints, process })))
        ),
        Layer.provide(GuardedUpstream.layerWith(settings)),
        Layer.provide(UpstreamHttp.layerRouted(settings)),
        Layer.provideMerge(Layer.orDie(Headgate.routed(endpoints.routes, { deadline, maxQueueSize, maxRetries }))),
        Layer.provide(Layer.succeed(Endpoints, endpoints)),
        Layer.provide(Layer.succeed(Draining, drain)),
        Layer.provide(limitsTokens ? Tokenizer.layer : Layer.empty)
      )
    })
  )

/** The whole service: the model, the gate, the agents and the server. */
const service = (settings: Settings, drain: Drain) => {
  const { jobsPerMinute, populationSize: size } = settings
  const population = Demo.layer({ size, jobsPerMinute }).pipe(Layer.provide([GuardedModel.layer, Memory.layer]))
  return Layer.merge(Server.layer(settings), population).pipe(
    Layer.provide(GuardedUpstream.layerWith(settings)),
    // The settings have been checked: a value that is refused here is a defect.
    Layer.provide(Layer.orDie(models(settings))),
    Layer.provideMerge(Layer.orDie(Headgate.make(Preset.limitsOf(settings)))),
    Layer.provide(Layer.succeed(Draining, drain)),
    // Exact counts take a second to load, and matter where tokens are limited.
    Layer.provide(Number.isFinite(settings.tokensPerMinute) ? Tokenizer.layer : Layer.empty)
  )
}

const announce = (settings: Settings, pretty: boolean) =>
  HttpServer.addressFormattedWith((url) => {
    const tell = (line: string) => (pretty ? Console.log(line) : Effect.logInfo(line))
    return Effect.andThen(
      Effect.forEach(Report.lines(settings, url), tell, { discard: true }),
      Effect.forEach(Report.warnings(settings), (line) => Effect.logWarning(line), { discard: true })
    )
  })

/** Serves until a signal stops it, then lets the calls in flight end. */
export const serve = (settings: Settings, pretty: boolean, stop: Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const drain = new Drain()
      const { configFile } = settings
      const running = yield* configFile === undefined
        ? Layer.build(service(settings, drain))
        : Layer.build(routed(settings, configFile, drain))
      yield* Effect.provideContext(announce(settings, pretty), running)
      yield* stop
      yield* Effect.logInfo("Draining: new calls are refused, those in flight may end")
      yield* Effect.provideContext(Shutdown.gracefully(drain, patience), running)
    })
  )
