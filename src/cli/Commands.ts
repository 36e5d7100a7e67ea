import { Console, Effect } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag, TerminalCapabilities } from "effect/cli"
import * as Root from "./command/Root.ts"
import { version } from "./Version.ts"

const success = 0
const usage = 2

/** Writes help to standard output if it was asked for, and wrong usage to standard error only, so that it is never read as a result. */
const presenter = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const command = event.commandPath.join(" ")
    const reasons = event.errors.map(({ message }) => `${command}: ${message}`)
    return Effect.forEach([...reasons, `Try: ${command} --help`], (line) => Console.error(line), { discard: true })
  }
})

/** Runs the command that the arguments name, and gives its exit code unless it fails. */
export const run = (args: ReadonlyArray<string>, stop: Effect.Effect<void>) =>
  Command.runWith(Root.make(stop), { version })(args).pipe(
    Effect.as(success),
    Effect.catchTag("ShowHelp", ({ errors }) => Effect.succeed(errors.length === 0 ? success : usage)),
    Effect.provide([
      presenter,
      TerminalCapabilities.layer,
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    ])
  )
