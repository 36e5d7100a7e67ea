import { Data } from "effect"
import { lines, type Problem } from "../config/InvalidOptions.ts"

/** A command cannot do what it was asked; the message says why and what to do. */
export class Failure extends Data.TaggedError("Failure")<{ readonly message: string }> {}

/** Flags of a command that are not allowed; names every wrong one. */
export class WrongUsage extends Data.TaggedError("WrongUsage")<{
  readonly command: string
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    const reasons = lines(this.problems).split("\n")
    return [...reasons.map((reason) => `${this.command}: ${reason}`), `Try: ${this.command} --help`].join("\n")
  }
}
