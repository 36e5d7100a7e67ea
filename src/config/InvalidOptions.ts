import { Data, Effect } from "effect"
import type { PlatformError } from "effect/PlatformError"

/** One value that is not allowed: which, what was given, what is allowed, and an example if there is one. */
export interface Problem {
  readonly name: string
  readonly value: string
  readonly allowed: string
  readonly example?: string | undefined
}

/** Describes a problem in one line. */
export const describe = ({ allowed, example, name, value }: Problem): string => {
  const fault = value === "undefined" ? `${name} is missing` : `${name}=${value} is not allowed`
  return `${fault}: ${allowed}${example === undefined ? "" : `; for example ${name}=${example}`}`
}

/** Describes problems, a line for each. */
export const lines = (problems: ReadonlyArray<Problem>): string => problems.map(describe).join("\n")

/** Options that a layer or a constructor cannot be built with; names every wrong one. */
export class InvalidOptions extends Data.TaggedError("InvalidOptions")<{ readonly problems: ReadonlyArray<Problem> }> {
  override get message(): string {
    return lines(this.problems)
  }
}

/** Fails if there are problems. */
export const settled = (problems: ReadonlyArray<Problem>): Effect.Effect<void, InvalidOptions> =>
  problems.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ problems }))

const longest = 80

/** Shortens a text to one line and escapes what would control the terminal it is printed on. */
export const printable = (text: string): string => {
  const start = text.length > longest ? `${text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "")}...` : text
  return start.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`)
}

/** Says in words why a file cannot be read. */
export const fileFault = ({ reason }: PlatformError): string => {
  if (reason._tag === "NotFound") return "there is no such file"
  if (reason._tag === "PermissionDenied") return "this user may not read it"
  return reason._tag === "BadResource" ? "it is a folder and no file" : (reason.description ?? reason._tag)
}
