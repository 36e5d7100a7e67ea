import { Config, Console, Effect, Predicate } from "effect"
import { CliConfig, Command, GlobalFlag, TerminalCapabilities } from "effect/cli"
import * as Root from "./command/Root.ts"
import * as Presenter from "./Presenter.ts"
import { Interrupted } from "./Interrupted.ts"
import { version } from "./Version.ts"

const success = 0
const failure = 1
const usage = 2
// As shells tell of a program that Ctrl-C ended.
const interrupted = 130

const messageOf = (error: unknown): string => {
  const message = Predicate.hasProperty(error, "message") ? String(error.message) : String(error)
  return error instanceof Config.ConfigError ? `headgate cannot start:\n${message}` : message
}

const codeOf = (error: unknown): Effect.Effect<number> => {
  if (error instanceof Interrupted) return Effect.succeed(interrupted)
  return Effect.as(Console.error(messageOf(error)), failure)
}

/**
 * Runs the command that the arguments name, and gives its exit code: 0 for success, 1 for failure, 2 for wrong usage, 130
 * if it was stopped before its end. `stop` ends when the command is to.
 */
export const run = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Command.runWith(Root.make(stop), { version })(args).pipe(
    Effect.as(success),
    Effect.catchTag("ShowHelp", ({ errors }) => Effect.succeed(errors.length === 0 ? success : usage)),
    Effect.catch(codeOf),
    Effect.provide([
      Presenter.layer,
      TerminalCapabilities.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ])
  )
