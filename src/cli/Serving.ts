import { Effect, Logger, Predicate, References, Stdio } from "effect"
import type { HttpServerError } from "effect/http"
import * as Settings from "../config/Settings.ts"
import { Failure } from "./Failure.ts"
import { serve } from "./Serve.ts"
import * as Signals from "./Signals.ts"

const deaf =
  ({ host, port }: Settings.Settings) =>
  ({ cause }: HttpServerError.ServeError): Failure => {
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
      ServeError: (error) => Effect.fail(deaf(settings)(error)),
      InvalidFile: ({ message }) => Effect.fail(new Failure({ message }))
    }),
    Effect.provide(Logger.layer([pretty ? Logger.consolePretty() : Logger.consoleJson])),
    Effect.provideService(References.MinimumLogLevel, settings.logLevel)
  )
}, Effect.scoped)
