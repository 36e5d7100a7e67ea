import { Data, Effect } from "effect"
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

/** A command was told to stop before it had an end of its own. */
export class Interrupted extends Data.TaggedError("Interrupted")<{}> {}

/** Ends an effect at a signal to stop. */
export const unless =
  (stop: Effect.Effect<void>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Interrupted, R> =>
    Effect.raceFirst(
      effect,
      Effect.andThen(
        stop,
        Effect.suspend(() => Effect.fail(new Interrupted()))
      )
    )
