import type { Effect } from "effect"
import { Command } from "effect/cli"
import * as Advise from "./Advise.ts"
import * as Config from "./Config.ts"
import * as Run from "./Run.ts"
import * as Serve from "./Serve.ts"
import * as Simulate from "./Simulate.ts"
import * as Stats from "./Stats.ts"

/** `headgate` with all its commands; alone it serves. `stop` ends when a command is to. */
export const make = (stop: Effect.Effect<void>) =>
  Command.make("headgate", Serve.flags, (given) => Serve.serve(given, stop)).pipe(
    Command.withDescription("A gate between programs and a language model. Without a command it serves."),
    Command.withSubcommands([
      Serve.command(stop),
      Run.command(stop),
      Simulate.command(stop),
      Stats.command(stop),
      Advise.command(stop),
      Config.command
    ])
  )
