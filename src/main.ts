#!/usr/bin/env node
import { type Config, Console, Effect, Exit, Fiber, Logger, Predicate, References } from "effect"
import type { HttpServerError } from "effect/http"
import { serve } from "./cli/Serve.ts"
import * as Signals from "./cli/Signals.ts"
import * as Settings from "./Settings.ts"

const unusable = (error: Config.ConfigError): Effect.Effect<number> =>
  Effect.as(Console.error(`headgate cannot start:\n${error.message}`), 1)

const deaf =
  ({ host, port }: Settings.Settings) =>
  ({ cause }: HttpServerError.ServeError): Effect.Effect<number> => {
    const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : String(cause)
    const why = code === "EADDRINUSE" ? "the port is in use; set PORT to another" : code
    return Effect.as(Console.error(`headgate cannot listen on ${host} port ${port}: ${why}`), 1)
  }

const main = Effect.gen(function* () {
  yield* Signals.heed(process)
  yield* Effect.forkChild(
    Effect.andThen(
      Signals.second(process),
      Effect.sync(() => process.exit(130))
    )
  )
  const stop = yield* Effect.forkChild(Signals.next(process), { startImmediately: true })
  const settings = yield* Settings.config
  const pretty = (settings.logFormat ?? (process.stdout.isTTY ? "pretty" : "json")) === "pretty"
  return yield* serve(settings, pretty, Fiber.join(stop)).pipe(
    Effect.as(0),
    Effect.catchTag("ServeError", deaf(settings)),
    Effect.provide(Logger.layer([pretty ? Logger.consolePretty() : Logger.consoleJson])),
    Effect.provideService(References.MinimumLogLevel, settings.logLevel)
  )
}).pipe(
  Effect.catchTag("ConfigError", unusable),
  Effect.tapCause((cause) => Effect.logFatal("headgate failed", cause))
)

Effect.runFork(main).addObserver((exit) => process.exit(Exit.isSuccess(exit) ? exit.value : 1))
