import { Option } from "effect"
import { Flag } from "effect/cli"
import { factsOf, type Field, readText } from "../../config/Field.ts"

/** A flag that is read as a variable of the environment is, and may be left out. */
export const make = <A, I>(name: string, row: Field<A, I>, description: string): Flag.Flag<Option.Option<A>> => {
  const facts = factsOf(row)
  return Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromUndefinedOr(readText({ ...facts, default: undefined }, text.trim(), []) as A | undefined),
      () => facts.allowedText ?? facts.allowed
    ),
    Flag.withDescription(description),
    Flag.optional
  )
}
