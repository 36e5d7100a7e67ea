import { Console, Effect } from "effect"
import { CliOutput } from "effect/cli"

/** Writes help to standard output if it was asked for, and wrong usage to standard error only, so that it is never read as a result. */
export const layer = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const command = event.commandPath.join(" ")
    const reasons = event.errors.map(({ message }) => `${command}: ${message}`)
    return Effect.forEach([...reasons, `Try: ${command} --help`], (line) => Console.error(line), { discard: true })
  }
})
