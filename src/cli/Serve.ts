import { Console, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import * as Population from "../agent/Population.ts"
import { Drain, Draining } from "../Drain.ts"
import * as Headgate from "../Headgate.ts"
import * as Server from "../http/Server.ts"
import * as Shutdown from "../http/Shutdown.ts"
import { GuardedUpstream } from "../provider/GuardedUpstream.ts"
import { SimulatedModel } from "../provider/SimulatedModel.ts"
import * as UpstreamHttp from "../provider/UpstreamHttp.ts"
import * as UpstreamSimulated from "../provider/UpstreamSimulated.ts"
import type { Settings } from "../Settings.ts"
import * as Report from "./Report.ts"

// Supervisors commonly wait thirty seconds before they kill.
const patience = "20 seconds"

/** The whole service: the model, the gate, the agents and the server. */
const service = (settings: Settings, drain: Drain) => {
  const model = settings.simulated
    ? UpstreamSimulated.layer.pipe(Layer.provide(SimulatedModel.layer()), Layer.orDie)
    : UpstreamHttp.layer(settings)
  const { jobsPerMinute, model: name, populationSize: size } = settings
  return Layer.mergeAll(Server.layer(settings), Population.layer({ size, jobsPerMinute, model: name })).pipe(
    Layer.provide(GuardedUpstream.layer),
    Layer.provide(model),
    // The settings have been checked: a value that is refused here is a defect.
    Layer.provideMerge(Layer.orDie(Headgate.make(settings))),
    Layer.provide(Layer.succeed(Draining, drain))
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

/** Serves until it is told to stop, then lets the calls in flight end. */
export const serve = (settings: Settings, pretty: boolean, stop: Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const drain = new Drain()
      const running = yield* Layer.build(service(settings, drain))
      yield* Effect.provideContext(announce(settings, pretty), running)
      yield* stop
      yield* Effect.logInfo("Draining: new calls are refused, those in flight may end")
      yield* Effect.provideContext(Shutdown.gracefully(drain, patience), running)
    })
  )
