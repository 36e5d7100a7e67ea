import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, Exit, Fiber } from "effect"
import * as Cli from "./Cli.ts"
import * as Signals from "./Signals.ts"

const main = Effect.gen(function* () {
  yield* Signals.heed(process)
  yield* Effect.forkChild(
    Effect.andThen(
      Signals.second(process),
      Effect.sync(() => process.exit(130))
    )
  )
  const stop = yield* Effect.forkChild(Signals.next(process), { startImmediately: true })
  return yield* Cli.run(process.argv.slice(2), Fiber.join(stop))
}).pipe(
  Effect.provide(NodeServices.layer),
  Effect.tapCause((cause) => Effect.logFatal("headgate failed", cause))
)

Effect.runFork(main).addObserver((exit) => process.exit(Exit.isSuccess(exit) ? exit.value : 1))
