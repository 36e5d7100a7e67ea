import { Redacted, Result } from "effect"
import { allowed, inRange, type Range } from "./Range.ts"

/** A variable of the environment: how its text is read, and how its value is shown. */
export interface Variable<in out A> {
  readonly name: string
  readonly example: string
  /** Reads a text that is trimmed and not empty, or says in words what is allowed. */
  readonly parse: (text: string) => Result.Result<A, string>
  /** Shows a text that was refused. */
  readonly quote: (text: string) => string
  /** Shows a value as it would be written, but for secrets. */
  readonly show: (value: A) => string
}

export const redacted = "<redacted>"

// Hexadecimal, digits with underscores and signs are refused: nothing here is below 0, and a
// number that its reader takes for another is worse than a refusal.
const decimal = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** A number in plain or exponent notation, or a word that switches its limit off. */
export const number = (name: string, range: Range, off?: string): Variable<number> => ({
  name,
  example: range.example,
  parse: (text) => {
    if (off !== undefined && text.toLowerCase() === off) return Result.succeed(Infinity)
    const value = decimal.test(text) ? Number(text) : NaN
    return Number.isFinite(value) && inRange(range, value) ? Result.succeed(value) : Result.fail(allowed(range, off))
  },
  quote: (text) => text,
  show: (value) => (value === Infinity && off !== undefined ? off : String(value))
})

/** One of a few words, in lower case or as given here. */
export const choice = <A extends string>(name: string, values: ReadonlyArray<A>, example: string): Variable<A> => ({
  name,
  example,
  parse: (text) => {
    const value = values.find((value) => value === text || value.toLowerCase() === text)
    if (value !== undefined) return Result.succeed(value)
    return Result.fail(`one of ${values.map((value) => value.toLowerCase()).join(", ")}`)
  },
  quote: (text) => text,
  show: (value) => value.toLowerCase()
})

/** `true` or `false`. */
export const flag = (name: string): Variable<boolean> => ({
  name,
  example: "true",
  parse: (text) =>
    text === "true" || text === "false" ? Result.succeed(text === "true") : Result.fail("one of true, false"),
  quote: (text) => text,
  show: String
})

/** Any text. */
export const text = (name: string, example: string): Variable<string> => ({
  name,
  example,
  parse: Result.succeed,
  quote: (text) => text,
  show: (value) => value
})

/** A text that never appears. */
export const secret = (
  name: string,
  example: string,
  parse: (text: string) => Result.Result<string, string>
): Variable<Redacted.Redacted> => ({
  name,
  example,
  parse: (text) => Result.map(parse(text), (value) => Redacted.make(value)),
  quote: () => redacted,
  show: () => redacted
})
