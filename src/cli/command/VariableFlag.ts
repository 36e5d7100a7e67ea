import { Option, Result } from "effect"
import { Flag } from "effect/cli"
import { factsOf, type Field } from "../../config/Field.ts"

/** A flag that is read as a variable of the environment is, and may be left out. */
export const make = <A, I>(name: string, row: Field<A, I>, description: string): Flag.Flag<Option.Option<A>> => {
  const { parse } = factsOf(row).text!
  return Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Result.getSuccess(parse(text.trim()) as Result.Result<A, string>),
      (text) => Result.match(parse(text.trim()), { onFailure: (allowed) => allowed, onSuccess: String })
    ),
    Flag.withDescription(description),
    Flag.optional
  )
}
