import process from "node:process"
import { Console, Effect, Layer, Logger, Predicate, References, Stdio } from "effect"
import { HttpServer, type HttpServerError } from "effect/http"
import { JobStats } from "../agents/JobStats.ts"
import { Drain, Draining } from "../Drain.ts"
import * as Headgate from "../Headgate.ts"
import * as Server from "../server/Server.ts"
import * as Shutdown from "../server/Shutdown.ts"
import { Endpoints } from "../upstream/Endpoints.ts"
import { GuardedUpstream } from "../upstream/GuardedUpstream.ts"
import * as UpstreamHttp from "../upstream/UpstreamHttp.ts"
import * as Settings from "../config/Settings.ts"
import { Stats } from "../Stats.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { Failure } from "./Failure.ts"
import * as Reload from "./Reload.ts"
import * as Report from "./Report.ts"
import * as Routed from "./Routed.ts"
import * as Loading from "./Loading.ts"
import * as Signals from "./Signals.ts"

// Supervisors commonly wait thirty seconds before they kill.
const patience = "20 seconds"

/** The server without agents, whose section of the stats stands there all the same. */
const server = (settings: Settings.Settings) =>
  Layer.merge(Server.layer(settings), Layer.effectDiscard(Stats.section(JobStats.section)))

/** The server in front of an endpoint: all that most gateways need. */
const gateway = (settings: Settings.Settings) =>
  server(settings).pipe(Layer.provide(GuardedUpstream.layerWith(settings)), Layer.provide(UpstreamHttp.layer(settings)))

/** The server, and what only some need: the simulated model, or agents. */
const withModels = (settings: Settings.Settings) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./Agents.ts")),
      ({ layer }) => layer(settings)
    )
  )

/** The service in front of several endpoints, from a file that is followed while it runs. */
const routed = (settings: Settings.Settings, file: string, drain: Drain) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { endpoints, gate, watched } = yield* Routed.open(settings, file)
      const followed = Layer.effectDiscard(Effect.forkScoped(Reload.follow({ ...watched, process })))
      return Layer.merge(settings.populationSize > 0 ? withModels(settings) : routedServer(settings), followed).pipe(
        Layer.provideMerge(gate),
        Layer.provide(Layer.succeed(Endpoints, endpoints)),
        Layer.provide(Layer.succeed(Draining, drain))
      )
    })
  ).pipe(Layer.provide(Headgate.storeFromSettings(settings)))

const routedServer = (settings: Settings.Settings) =>
  server(settings).pipe(
    Layer.provide(GuardedUpstream.layerWith(settings)),
    Layer.provide(UpstreamHttp.layerRouted(settings))
  )

/** The whole service: the model, the gate, the agents and the server. */
const service = (settings: Settings.Settings, drain: Drain) =>
  (settings.simulated || settings.populationSize > 0 ? withModels(settings) : gateway(settings)).pipe(
    Layer.provideMerge(Headgate.fromSettings(settings)),
    Layer.provide(Layer.succeed(Draining, drain)),
    // Exact counts take a second to load, and matter where tokens are limited.
    Layer.provide(Number.isFinite(settings.tokensPerMinute) ? Tokenizer.layer : Layer.empty)
  )

const announce = (settings: Settings.Settings, pretty: boolean) =>
  HttpServer.addressFormattedWith((url) => {
    const tell = (line: string) => (pretty ? Console.log(line) : Effect.logInfo(line))
    return Effect.andThen(
      Effect.forEach(Report.lines(settings, url), tell, { discard: true }),
      Effect.forEach(Report.warnings(settings), (line) => Effect.logWarning(line), { discard: true })
    )
  })

/** Serves until a signal stops it, then lets the calls in flight end. */
const serve = (settings: Settings.Settings, pretty: boolean, stop: Effect.Effect<void>) =>
  Effect.scoped(
    Effect.gen(function* () {
      const drain = new Drain()
      const { configFile } = settings
      const running = yield* configFile === undefined
        ? Layer.build(service(settings, drain))
        : Layer.build(routed(settings, configFile, drain))
      yield* Effect.provideContext(announce(settings, pretty), running)
      Loading.end()
      yield* stop
      yield* Effect.logInfo("Draining: new calls are refused, those in flight may end")
      yield* Effect.provideContext(Shutdown.gracefully(drain, patience), running)
    })
  )

const cannotListen = ({ host, port }: Settings.Settings, { cause }: HttpServerError.ServeError): Failure => {
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : String(cause)
  const why = code === "EADDRINUSE" ? "the port is in use; set PORT or --port to another" : code
  return new Failure({ message: `headgate cannot listen on ${host} port ${port}: ${why}` })
}

/** Serves with the settings of the environment until a signal stops it. */
export const run = Effect.fnUntraced(function* (stop: Effect.Effect<void>) {
  yield* Signals.outlive(process.stdout, process.stderr)
  const settings = yield* Settings.serving
  const terminal = yield* Effect.flatMap(Stdio.Stdio, ({ stdoutIsTerminal }) => stdoutIsTerminal)
  const pretty = (settings.logFormat ?? (terminal ? "pretty" : "json")) === "pretty"
  yield* serve(settings, pretty, stop).pipe(
    Effect.catchTags({
      ServeError: (error) => Effect.fail(cannotListen(settings, error)),
      InvalidFile: ({ message }) => Effect.fail(new Failure({ message }))
    }),
    Effect.provide(Logger.layer([pretty ? Logger.consolePretty() : Logger.consoleJson])),
    Effect.provideService(References.MinimumLogLevel, settings.logLevel)
  )
}, Effect.scoped)
