import { Effect } from "effect"
import { CliConfig, Command, GlobalFlag, TerminalCapabilities } from "effect/cli"
import * as Root from "./command/Root.ts"
import * as Presenter from "./Presenter.ts"
import { version } from "./Version.ts"

const success = 0
const usage = 2

/** Runs the command that the arguments name, and gives its exit code unless it fails. */
export const run = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Command.runWith(Root.make(stop), { version })(args).pipe(
    Effect.as(success),
    Effect.catchTag("ShowHelp", ({ errors }) => Effect.succeed(errors.length === 0 ? success : usage)),
    Effect.provide([
      Presenter.layer,
      TerminalCapabilities.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ])
  )
