import { Option, Result } from "effect"
import { Flag } from "effect/cli"
import type { Variable } from "../../config/Variable.ts"

/** A flag that is read as a variable of the environment is, and may be left out. */
export const make = <A>(name: string, variable: Variable<A>, description: string): Flag.Flag<Option.Option<A>> =>
  Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Result.getSuccess(variable.parse(text.trim())),
      (text) => Option.getOrElse(Result.getFailure(variable.parse(text.trim())), () => variable.example)
    ),
    Flag.withDescription(description),
    Flag.optional
  )
