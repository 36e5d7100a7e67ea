import { Duration, Effect, Formatter, Option, Redacted, Result, Schema, SchemaIssue } from "effect"
import type { Problem } from "./InvalidOptions.ts"
import * as Label from "./Label.ts"
import { printable } from "./Printable.ts"

/** A Schema that decodes the value of one option, annotated with its `Facts`. */
export type Field<A, I = A> = Schema.Codec<A, I>

/** Fields by the names of their options. */
export type Fields = Readonly<Record<string, Schema.Constraint>>

/** The annotation of a field: what decoding, the environment and the documents share. */
export interface Facts {
  /** Reads what a program gives; `undefined` if it is not allowed, with a problem of its own or none. */
  readonly read: (value: unknown, problems: Array<Problem>, name: string) => unknown
  /** What a program may give, in words. */
  readonly allowed: string
  readonly example?: string | undefined
  /** Without one the option is required; `undefined` makes it optional. */
  readonly default?: unknown
  readonly range?: Range | undefined
  readonly words?: ReadonlyArray<string> | undefined
  /** The fields of options within an option. */
  readonly fields?: Fields | undefined
  readonly text?: Text | undefined
}

/** The numbers that a field takes; milliseconds for a duration. `off` is the word for `Infinity` in the environment. */
export interface Range {
  readonly kind: "number" | "whole" | "duration"
  readonly minimum: number
  readonly maximum: number
  readonly infinite: boolean
  readonly off: string | undefined
}

/** How a variable of the environment is read and shown. */
export interface Text<out A = unknown> {
  readonly variable: string
  /** Another name of the variable, which wins if it is set. */
  readonly alias?: string | undefined
  readonly example: string
  /** Reads a text that is trimmed and not empty, or says in words what is allowed. */
  readonly parse: (text: string) => Result.Result<A, string>
  /** Shows a value as it would be written; a secret is redacted. */
  show(value: A): string
  /** Shows a text that was refused. */
  readonly quote: (text: string) => string
}

/** What may be said of any field: its default, an example, and its variable in the environment. */
export interface Info<A> {
  readonly default?: A
  readonly example?: string
  readonly env?: string
  readonly alias?: string
}

const key = "headgate/Facts"

/** The annotation of a field. */
export const factsOf = (field: Schema.Constraint): Facts => Schema.resolveAnnotations(field)![key] as Facts

/** Makes a field from what is known of it. */
export const make = <A, I = A>(facts: Facts): Field<A, I> =>
  Schema.declareConstructor<A, I>()(
    [],
    () => (input, ast) => {
      const problems: Array<Problem> = []
      const value = facts.read(input, problems, "value")
      const isWrong = value === undefined || problems.length > 0
      return isWrong ? Effect.fail(new SchemaIssue.InvalidType(ast, input)) : Effect.succeed(value as A)
    },
    { [key]: facts, expected: facts.allowed }
  )

/** The same field without a default. */
export const required = <A, I>(field: Field<A, I>): Field<A, I> => {
  const { default: _, ...facts } = factsOf(field)
  return make(facts)
}

/** The same field for an option that may be left out. */
export const optional = <A, I>(field: Field<A, I>): Field<A | undefined, I> =>
  make({ ...factsOf(field), default: undefined })

export const redacted = "<redacted>"

// Hexadecimal, digits with underscores and signs are refused: nothing here is below 0, and a number that its reader takes
// for another is worse than a refusal.
const decimal = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

type Limits = Partial<Pick<Range, "infinite" | "off">> & Info<number>

const or = (word: string | undefined): string => (word === undefined ? "" : ` or ${word}`)

const numeric = <I>(kind: Range["kind"], minimum: number, maximum: number, info: Limits): Field<number, I> => {
  const { off, infinite = off !== undefined } = info
  const isDuration = kind === "duration"
  const usual = Number.isFinite(info.default) ? info.default : isDuration ? 30_000 : Math.max(1, minimum)
  const example = info.example ?? String(usual)
  const range = `from ${minimum} to ${maximum}`
  const numbers = kind === "number" ? "a number" : "a whole number"
  const inRange = (value: number): boolean =>
    value >= minimum && value <= maximum && (kind !== "whole" || Number.isInteger(value))
  const parse = (text: string) => {
    if (off !== undefined && text.toLowerCase() === off) return Result.succeed(Infinity)
    const value = decimal.test(text) ? Number(text) : NaN
    // A fraction of a millisecond is a value meant in seconds.
    const isAllowed = inRange(value) && (!isDuration || Number.isInteger(value))
    return isAllowed ? Result.succeed(value) : Result.fail(`${numbers} ${range}${or(off)}`)
  }
  const show = (value: number) => (value === Infinity && off !== undefined ? off : String(value))
  return make({
    ...info,
    range: { kind, minimum, maximum, infinite, off },
    example: isDuration ? `"${example} millis"` : example,
    allowed: `${isDuration ? "a duration" : numbers} ${range}${isDuration ? " ms" : ""}${or(infinite ? "Infinity" : undefined)}`,
    read: (value) => {
      const number = isDuration && typeof value !== "number" ? millisOf(value as Duration.Input) : value
      return typeof number === "number" && (inRange(number) || (infinite && number === Infinity)) ? number : undefined
    },
    text: textOf({ ...info, example }, { parse, show })
  })
}

const millisOf = (input: Duration.Input): number =>
  Option.match(Duration.fromInput(input), { onNone: () => NaN, onSome: Duration.toMillis })

export const number = (minimum: number, maximum: number, info: Limits = {}): Field<number> =>
  numeric("number", minimum, maximum, info)

export const integer = (minimum: number, maximum: number, info: Limits = {}): Field<number> =>
  numeric("whole", minimum, maximum, info)

/** Milliseconds of a day. */
export const day = 86_400_000

/** A duration of 1 ms to a day unless said otherwise, decoded as milliseconds. */
export const duration = (info: Limits & Partial<Range> = {}): Field<number, Duration.Input> =>
  numeric("duration", info.minimum ?? 1, info.maximum ?? day, info)

/** One of a few words; in the environment in lower case too. */
export const oneOf = <const A extends string>(values: ReadonlyArray<A>, info: Info<A> = {}): Field<A> => {
  const words = values.map((value) => value.toLowerCase())
  const parse = (text: string) => {
    const value = values.find((value) => value === text || value.toLowerCase() === text)
    return value === undefined ? Result.fail(`one of ${words.join(", ")}`) : Result.succeed(value)
  }
  return make({
    ...info,
    words,
    example: JSON.stringify(values[0]),
    allowed: `one of ${values.join(", ")}`,
    read: (value) => values.find((word) => word === value),
    text: textOf(info, { parse, show: (value: A) => value.toLowerCase() })
  })
}

/** A value that a test knows. */
export const value = <A>(is: (value: unknown) => value is A, allowed: string, info: Info<A> = {}): Field<A> =>
  make({ ...info, allowed, read: (value) => (is(value) ? value : undefined) })

export const boolean = (info: Info<boolean>): Field<boolean> => {
  const parse = (text: string) =>
    text === "true" || text === "false" ? Result.succeed(text === "true") : Result.fail("one of true, false")
  return make({
    ...info,
    words: ["true", "false"],
    allowed: "true or false",
    read: (value) => (typeof value === "boolean" ? value : undefined),
    text: textOf({ ...info, example: "true" }, { parse, show: String })
  })
}

export const func = <A>(info: Info<A> & { readonly default: A }): Field<A> =>
  make({ ...info, allowed: "a function", read: (value) => (typeof value === "function" ? value : undefined) })

/** A label of 1 to 64 characters, decoded without the blanks around it. */
export const label = (kind: string, info: Info<string> = {}): Field<string> =>
  make({ example: '"ada"', ...info, allowed: `a ${kind} of ${Label.allowed}`, read: Label.parse })

type Form<A> = Pick<Text<A>, "parse" | "show"> & Partial<Pick<Text<A>, "quote">>

const textOf = <A>({ alias, env, example = "" }: Info<unknown>, form: Form<A>): Text<A> | undefined =>
  env === undefined ? undefined : { quote: (text) => text, ...form, variable: env, alias, example }

/** A text in a form of its own, which a program gives as it is or wrapped. */
export const text = <A, I = string>(
  info: Info<A> & { readonly env: string } & Form<A>,
  unwrap: (value: unknown) => unknown = (value) => value,
  allowed = "a text"
): Field<A, I> => {
  const text = textOf(info, info)!
  return make({
    ...info,
    text,
    allowed,
    read: (value, problems, name) => {
      const given = unwrap(value)
      const parsed = typeof given === "string" ? text.parse(given) : Result.fail(allowed)
      if (Result.isSuccess(parsed)) return parsed.success
      const shown = text.quote(typeof given === "string" ? given : Formatter.format(value))
      problems.push({ name, value: printable(shown), allowed: parsed.failure, example: text.example })
      return undefined
    }
  })
}

/** A text that never appears, and may be left out. */
export const secret = (
  env: string,
  example: string,
  check: (text: string) => Result.Result<string, string>,
  alias?: string
) => {
  const parse = (text: string) => Result.map(check(text), (value) => Redacted.make(value))
  const hide = () => redacted
  const info = { env, ...(alias !== undefined && { alias }), example, parse, show: hide, quote: hide }
  const unwrap = (value: unknown) => (Redacted.isRedacted(value) ? Redacted.value(value) : undefined)
  return optional(text<Redacted.Redacted, Redacted.Redacted>(info, unwrap, "a Redacted text"))
}
