import { Duration, Effect, Option, Redacted, Result, Schema, SchemaIssue } from "effect"
import type { Problem } from "./InvalidOptions.ts"
import * as Label from "./Label.ts"

/** A Schema that decodes the value of one option, annotated with its `Facts`. */
export type Field<A, I = A> = Schema.Codec<A, I>

/** Fields by the names of their options. */
export type Fields = Readonly<Record<string, Schema.Constraint>>

/** The numbers that a field takes; milliseconds for a duration. */
export interface Range {
  readonly minimum: number
  readonly maximum: number
  /** Whether a program may give `Infinity`, which switches the limit off. Default: `false`. */
  readonly infinite?: boolean | undefined
  /** The word that stands for `Infinity` in the environment. Default: none. */
  readonly off?: string | undefined
}

/** How a variable of the environment is read and shown. */
export interface Text<out A = unknown> {
  readonly variable: string
  readonly example: string
  /** Reads a text that is trimmed and not empty, or says in words what is allowed. */
  readonly parse: (text: string) => Result.Result<A, string>
  /** Shows a value as it would be written; a secret is redacted. */
  show(value: A): string
  /** Shows a text that was refused. */
  readonly quote: (text: string) => string
}

/** What a field says of itself in documents, and where else it is read from. */
export interface Info<D> {
  /** What the value is, with its unit, in lower case and without a full stop. */
  readonly about?: string | undefined
  /** Without one the option is required; `undefined` makes it optional. */
  readonly default?: D
  /** The default in documents, where it depends on something else. */
  readonly usual?: string | undefined
  readonly example?: string | undefined
  readonly variable?: string | undefined
}

/** The annotation of a field: what decoding, the environment and the documents share. */
export interface Facts extends Info<unknown> {
  /** Reads a value of a program; `undefined` if it is not allowed. The name is for problems of parts. */
  readonly read: (value: unknown, problems: Array<Problem>, name: string) => unknown
  /** What a program may give, in words. */
  readonly allowed: string
  readonly range?: (Range & { readonly kind: "number" | "whole" | "duration" }) | undefined
  readonly values?: ReadonlyArray<string> | undefined
  readonly fields?: Fields | undefined
  readonly text?: Text | undefined
}

const key = "headgate/Facts"

/** Makes a field from what is known of it. */
export const make = <A, I>(facts: Facts): Field<A, I> => {
  const decode = (input: unknown, ast: ConstructorParameters<typeof SchemaIssue.InvalidType>[0]) => {
    const problems: Array<Problem> = []
    const value = facts.read(input, problems, "value")
    return value === undefined || problems.length > 0
      ? Effect.fail(new SchemaIssue.InvalidType(ast, input))
      : Effect.succeed(value as A)
  }
  return Schema.declareConstructor<A, I>()([], () => decode, { [key]: facts, expected: facts.allowed })
}

/** The annotation of a field. */
export const factsOf = (field: Schema.Constraint): Facts => Schema.resolveAnnotations(field)![key] as Facts

/** The same field without a default. */
export const required = <A, I>(field: Field<A, I>): Field<A, I> => {
  const { default: _, ...facts } = factsOf(field)
  return make(facts)
}

export const redacted = "<redacted>"

// Hexadecimal, digits with underscores and signs are refused: nothing here is below 0, and a number that its reader takes
// for another is worse than a refusal.
const decimal = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

const inRange = ({ infinite, maximum, minimum }: Range, whole: boolean, value: unknown): value is number =>
  typeof value === "number" &&
  ((value >= minimum && value <= maximum && (!whole || Number.isInteger(value))) ||
    (infinite === true && value === Infinity))

const described = ({ maximum, minimum }: Range, whole: boolean, off: string | undefined): string =>
  `${whole ? "a whole number" : "a number"} from ${minimum} to ${maximum}${off === undefined ? "" : ` or ${off}`}`

/** A variable that holds a number in plain or exponent notation, or the word that switches its limit off. */
const numberText = (variable: string, range: Range, whole: boolean, example: string): Text<number> => ({
  variable,
  example,
  parse: (text) => {
    if (range.off !== undefined && text.toLowerCase() === range.off) return Result.succeed(Infinity)
    const value = decimal.test(text) ? Number(text) : NaN
    const isAllowed = Number.isFinite(value) && inRange(range, whole, value)
    return isAllowed ? Result.succeed(value) : Result.fail(described(range, whole, range.off))
  },
  quote: (text) => text,
  show: (value) => (value === Infinity && range.off !== undefined ? range.off : String(value))
})

const exampleOf = (info: Info<unknown>, otherwise: number): string =>
  info.example ?? String(Number.isFinite(info.default) ? info.default : otherwise)

const numeric = <D>(info: Range & Info<D>, whole: boolean): Field<number | NoInfer<D>, number> => {
  const { infinite, maximum, minimum, off, variable } = info
  const range = { minimum, maximum, infinite, off, kind: whole ? "whole" : "number" } as const
  const example = exampleOf(info, Math.max(1, minimum))
  return make({
    ...info,
    range,
    example,
    allowed: described(range, whole, infinite === true ? "Infinity" : undefined),
    read: (value) => (inRange(range, whole, value) ? value : undefined),
    text: variable === undefined ? undefined : numberText(variable, range, whole, example)
  })
}

export const number = <D extends number | undefined = never>(
  info: Range & Info<D>
): Field<number | NoInfer<D>, number> => numeric(info, false)

export const integer = <D extends number | undefined = never>(
  info: Range & Info<D>
): Field<number | NoInfer<D>, number> => numeric(info, true)

/** Milliseconds of a day. */
export const day = 86_400_000

/** A `Duration.Input`, decoded as milliseconds; 1 ms to a day unless the range says otherwise. */
export const duration = <D extends number | undefined = never>(
  info: Partial<Range> & Info<D>
): Field<number | NoInfer<D>, Duration.Input> => {
  const { infinite, maximum = day, minimum = 1, off, variable } = info
  const range = { minimum, maximum, infinite, off, kind: "duration" } as const
  const example = exampleOf(info, 30_000)
  return make({
    ...info,
    range,
    example: `"${example} millis"`,
    allowed: `a duration from ${minimum} to ${maximum} ms${infinite === true ? " or Infinity" : ""}`,
    read: (value) => {
      const millis =
        typeof value === "number" ? value : Option.match(Duration.fromInput(value as Duration.Input), onMillis)
      return inRange(range, false, millis) ? millis : undefined
    },
    // A fraction of a millisecond is a value meant in seconds.
    text: variable === undefined ? undefined : numberText(variable, range, true, example)
  })
}

const onMillis = { onNone: () => NaN, onSome: Duration.toMillis }

/** One of a few words; in the environment in lower case too. */
export const oneOf = <const A extends string, D extends A | undefined = never>(
  values: ReadonlyArray<A>,
  info: Info<D>
): Field<A | NoInfer<D>, A> => {
  const words = values.map((value) => value.toLowerCase())
  return make({
    ...info,
    values: words,
    example: JSON.stringify(values[0]),
    allowed: `one of ${values.join(", ")}`,
    read: (value) => values.find((word) => word === value),
    text: textOf(info, {
      parse: (text) => {
        const value = values.find((value) => value === text || value.toLowerCase() === text)
        return value === undefined ? Result.fail(`one of ${words.join(", ")}`) : Result.succeed(value)
      },
      show: (value) => value.toLowerCase()
    })
  })
}

export const boolean = <D extends boolean | undefined = never>(info: Info<D>): Field<boolean | NoInfer<D>, boolean> =>
  make({
    ...info,
    values: ["true", "false"],
    example: undefined,
    allowed: "true or false",
    read: (value) => (typeof value === "boolean" ? value : undefined),
    text: textOf(
      { ...info, example: "true" },
      {
        parse: (text) =>
          text === "true" || text === "false" ? Result.succeed(text === "true") : Result.fail("one of true, false"),
        show: String
      }
    )
  })

/** A value that a test knows. */
export const value = <A, D extends A | undefined = never>(
  is: (value: unknown) => value is A,
  allowed: string,
  info: Info<D>
): Field<A | NoInfer<D>, A> => make({ ...info, allowed, read: (value) => (is(value) ? value : undefined) })

/** A function. */
export const func = <A>(info: Info<A> & { readonly default: A }): Field<A> =>
  make({ ...info, allowed: "a function", read: (value) => (typeof value === "function" ? value : undefined) })

/** A label of 1 to 64 characters, decoded without the blanks around it. */
export const label = <D extends string | undefined = never>(
  kind: string,
  info: Info<D>
): Field<string | NoInfer<D>, string> =>
  make({ example: '"ada"', ...info, allowed: `a ${kind} of ${Label.allowed}`, read: Label.parse })

type Form<A> = Pick<Text<A>, "parse" | "show"> & Partial<Pick<Text<A>, "quote">>

const textOf = <A>({ example = "", variable }: Info<unknown>, form: Form<A>): Text<A> | undefined =>
  variable === undefined ? undefined : { quote: (text) => text, ...form, variable, example }

/** A text in a form of its own, which a program gives as it is or wrapped. */
export const text = <A, I = string, D extends A | undefined = never>(
  info: Info<D> & { readonly variable: string } & Form<A>,
  unwrap: (value: unknown) => unknown = (value) => value
): Field<A | NoInfer<D>, I> => {
  const text = textOf(info, info)!
  return make({
    ...info,
    text,
    allowed: "a text",
    read: (value, problems, name) => {
      const given = unwrap(value)
      if (typeof given !== "string") return undefined
      return Result.getOrElse(text.parse(given), (allowed) => {
        problems.push({ name, value: text.quote(given), allowed, example: text.example })
        return undefined
      })
    }
  })
}

/** A text that never appears. */
export const secret = (
  info: Omit<Info<never>, "default"> & { readonly variable: string },
  parse: (text: string) => Result.Result<string, string>
) =>
  text<Redacted.Redacted, Redacted.Redacted, undefined>(
    {
      ...info,
      default: undefined,
      parse: (text) => Result.map(parse(text), (value) => Redacted.make(value)),
      quote: () => redacted,
      show: () => redacted
    },
    (value) => (Redacted.isRedacted(value) ? Redacted.value(value) : undefined)
  )
