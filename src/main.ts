import { type Config, Console, Effect, Exit, Fiber, Logger, Predicate, References } from "effect"
import type { HttpServerError } from "effect/http"
import { serve } from "./cli/Serve.ts"
import * as Settings from "./Settings.ts"

const signals = ["SIGINT", "SIGTERM"] as const

const signal = Effect.callback<void>((resume) => {
  const heard = () => resume(Effect.void)
  for (const name of signals) process.once(name, heard)
  return Effect.sync(() => {
    for (const name of signals) process.off(name, heard)
  })
})

// A terminal's Ctrl-C reaches this process twice: npm passes on what it gets itself.
const echo = "100 millis"

const impatience = signal.pipe(
  Effect.andThen(Effect.sleep(echo)),
  Effect.andThen(signal),
  Effect.andThen(Effect.sync(() => process.exit(130)))
)

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
  const stop = yield* Effect.forkChild(signal, { startImmediately: true })
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

// A signal that nobody waits for just then would end the process.
for (const name of signals) process.on(name, () => {})
Effect.runFork(impatience)
Effect.runFork(main).addObserver((exit) => process.exit(Exit.isSuccess(exit) ? exit.value : 1))
