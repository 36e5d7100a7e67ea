import { Console, Effect } from "effect"
import { type CliError, CliOutput } from "effect/cli"
import { describe, printable } from "../config/InvalidOptions.ts"

/** What a flag or an argument may be, without the words of the parser: `"a" | "b"` is one of a, b. */
const allowedOf = (expected: string): string => {
  const allowed = expected.replace(/^Expected:? /, "")
  const choices = /^"[^"]*"(?: \| "[^"]*")*$/.test(allowed) ? allowed.split(" | ").map((one) => one.slice(1, -1)) : []
  return choices.length === 0 ? allowed : `one of ${choices.join(", ")}`
}

/** Says what is wrong with the words of a command, as is said of its settings. */
const reasonOf = (error: CliError.CliError): string => {
  if (error._tag !== "InvalidValue") return error.message
  const { expected, kind, option, value } = error
  const name = kind === "flag" ? `--${option}` : option
  const allowed = allowedOf(expected)
  return value === "" ? `${name} needs a value: ${allowed}` : describe({ name, value: printable(value), allowed })
}

/** Writes help to standard output if it was asked for, and wrong usage to standard error only, so that it is never read as a result. */
export const layer = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const command = event.commandPath.join(" ")
    const reasons = event.errors.map((error) => `${command}: ${reasonOf(error)}`)
    return Effect.forEach([...reasons, `Try: ${command} --help`], (line) => Console.error(line), { discard: true })
  }
})
