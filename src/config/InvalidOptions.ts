import { Data } from "effect"

/** One value that is not allowed: which, what was given, what is allowed, and an example if there is one. */
export interface Problem {
  readonly name: string
  readonly value: string
  readonly allowed: string
  readonly example?: string | undefined
}

/** Describes a problem in one line. */
export const describe = ({ allowed, example, name, value }: Problem): string =>
  `${name}=${value} is not allowed: ${allowed}${example === undefined ? "" : `; for example ${name}=${example}`}`

/** Options that a layer or a constructor cannot be built with; names every wrong one. */
export class InvalidOptions extends Data.TaggedError("InvalidOptions")<{
  readonly problems: ReadonlyArray<Problem>
}> {
  override get message(): string {
    return this.problems.map(describe).join("\n")
  }
}
