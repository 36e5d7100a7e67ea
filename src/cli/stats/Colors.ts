import { Effect } from "effect"
import { TerminalCapabilities } from "effect/cli"

/** Colours texts, where colours are wanted. */
export interface Colors {
  readonly good: (text: string) => string
  readonly fair: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string) => text
const plain: Colors = { good: same, fair: same, bad: same, faint: same }

const code = (sign: number) => (text: string) => `\u001b[${sign}m${text}\u001b[0m`
const colours: Colors = { good: code(32), fair: code(33), bad: code(31), faint: code(2) }

/** The colours of the terminal; none with NO_COLOR or without a terminal. */
export const colors: Effect.Effect<Colors> = Effect.map(
  Effect.service(TerminalCapabilities.TerminalCapabilities),
  ({ canColor }) => (canColor ? colours : plain)
)
