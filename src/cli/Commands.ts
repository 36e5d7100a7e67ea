import { Effect } from "effect"
import { CliConfig, Command, GlobalFlag, TerminalCapabilities } from "effect/cli"
import * as Advise from "./command/Advise.ts"
import * as Config from "./command/Config.ts"
import * as Run from "./command/Run.ts"
import * as Serve from "./command/Serve.ts"
import * as Simulate from "./command/Simulate.ts"
import * as Stats from "./command/Stats.ts"
import * as Presenter from "./Presenter.ts"

/** The version of the package. */
export const version = "0.1.0"

const success = 0
const usage = 2

/** `headgate` with all its commands; alone it serves. `stop` ends when a command is to. */
const root = (stop: Effect.Effect<void>) =>
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

/** Runs the command that the arguments name, and gives its exit code unless it fails. */
export const run = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Command.runWith(root(stop), { version })(args).pipe(
    Effect.as(success),
    Effect.catchTag("ShowHelp", ({ errors }) => Effect.succeed(errors.length === 0 ? success : usage)),
    Effect.provide([
      Presenter.layer,
      TerminalCapabilities.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ])
  )
