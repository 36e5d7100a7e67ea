import { Option } from "effect"
import { Flag } from "effect/cli"
import { type Facts, factsOf, type Field, readText } from "../../config/Field.ts"

/** What help calls the value of a flag; `text` if its field takes no number. */
export const metavarOf = ({ range }: Facts, text: string): string => {
  if (range === undefined) return text
  return range.kind === "number" ? "number" : "integer"
}

/** A flag that is read as a variable of the environment is, and may be left out. */
export const make = <A, I>(
  name: string,
  field: Field<A, I>,
  description: string,
  text = "text"
): Flag.Flag<Option.Option<A>> => {
  const facts = factsOf(field)
  return Flag.String(name).pipe(
    Flag.filterMap(
      (text) => Option.fromUndefinedOr(readText({ ...facts, default: undefined }, text.trim(), []) as A | undefined),
      () => facts.allowedText ?? facts.allowed
    ),
    Flag.withMetavar(metavarOf(facts, text)),
    Flag.withDescription(description),
    Flag.optional
  )
}
