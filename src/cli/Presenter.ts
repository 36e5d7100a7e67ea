import { Console, Effect } from "effect"
import { CliOutput } from "effect/cli"

/** Shows help where it was asked for; wrong usage is told on standard error alone, so that nobody reads it as a result. */
export const layer = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const command = event.commandPath.join(" ")
    const reasons = event.errors.map(({ message }) => `${command}: ${message}`)
    return Effect.forEach([...reasons, `Try: ${command} --help`], (line) => Console.error(line), { discard: true })
  }
})
