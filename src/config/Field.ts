import { Duration, Effect, Formatter, Option, Redacted, Schema, SchemaIssue } from "effect"
import { printable, type Problem } from "./InvalidOptions.ts"

/** A Schema that decodes the value of one option, annotated with its `Facts`. */
export type Field<A, I = A> = Schema.Codec<A, I>

/** Fields by the names of their options. */
export type Fields = Readonly<Record<string, Schema.Constraint>>

/** The annotation of a field: what decoding, the environment and the documents share. */
export interface Facts {
  /** Decodes what a program gives; `undefined` if it is not allowed, with a problem of its own or none. */
  readonly read: (value: unknown, problems: Array<Problem>, name: string) => unknown
  /** What a program may give, in words. */
  readonly allowed: string
  readonly example?: string | undefined
  /** Without one the option is required; `undefined` makes it optional. */
  readonly default?: unknown
  readonly range?: Range
  /** The fields of options within an option. */
  readonly fields?: Fields
  /** The variable of the environment. */
  readonly env?: string | undefined
  /** Another name of the variable, which wins if it is set. */
  readonly alias?: string
  /** What the variable may hold, in words. Default: `allowed`. */
  readonly allowedText?: string
  /** Turns the text of the variable into what a program would give. Default: the text. */
  readonly parse?: (text: string) => unknown
  /** Shows a value as the variable would hold it. Default: `String`. */
  readonly show?: (value: never) => string
  /** Takes secrets out of what is shown. */
  readonly hide?: (shown: string) => string
}

/** The numbers that a field takes; milliseconds for a duration. `off` is the word for `Infinity` in the environment. */
export interface Range {
  readonly kind: "number" | "whole" | "duration"
  readonly minimum: number
  readonly maximum: number
  readonly infinite: boolean
  readonly off: string | undefined
}

/** The default of a field, an example, and its variable in the environment. */
export interface Info<A> extends Pick<Facts, "example" | "env"> {
  readonly default?: A
}

const key = "headgate/Facts"

/** The annotation of a field. */
export const factsOf = (field: Schema.Constraint): Facts => Schema.resolveAnnotations(field)![key] as Facts

/** Adds a problem with a value that is not allowed. */
export const refuse = (facts: Omit<Facts, "read">, shown: string, problems: Array<Problem>, name: string): void => {
  const { allowed, example, hide = String } = facts
  problems.push({ name, value: printable(hide(shown)), allowed, example })
}

/** Decodes what a program gives; adds a problem if it is not allowed. */
export const read = (facts: Facts, value: unknown, problems: Array<Problem>, name: string): unknown => {
  const before = problems.length
  const decoded = value === undefined ? undefined : facts.read(value, problems, name)
  if (decoded === undefined && problems.length === before) refuse(facts, Formatter.format(value), problems, name)
  return decoded
}

/** Decodes the text of a variable, trimmed, or takes the default if it is empty; adds a problem if it is not allowed. */
export const readText = (facts: Facts, text: string, problems: Array<Problem>): unknown => {
  if (text === "") return facts.default
  const { allowedText: allowed = facts.allowed, env, parse = String } = facts
  const before = problems.length
  const decoded = facts.read(parse(text), problems, env!)
  if (decoded === undefined && problems.length === before) refuse({ ...facts, allowed }, text, problems, env!)
  return decoded
}

/** Makes a field from its facts. */
export const make = <A, I = A>(facts: Facts): Field<A, I> =>
  Schema.declareConstructor<A, I>()(
    [],
    () => (input, ast) => {
      const problems: Array<Problem> = []
      const value = read(facts, input, problems, "value") as A
      return problems.length === 0 ? Effect.succeed(value) : Effect.fail(new SchemaIssue.InvalidType(ast, input))
    },
    { [key]: facts, expected: facts.allowed }
  )

/** A field of an option that must be given. */
export interface RequiredField<A, I = A> extends Field<A, I> {
  readonly isRequired: true
}

/** The same field without a default. */
export const required = <A, I>(field: Field<A, I>): RequiredField<A, I> => {
  const { default: _, ...facts } = factsOf(field)
  return Object.assign(make<A, I>(facts), { isRequired: true as const })
}

/** The same field for an option that may be left out. */
export const optional = <A, I>(field: Field<A, I>): Field<A | undefined, I> =>
  make({ ...factsOf(field), default: undefined })

// Hexadecimal, digits with underscores and signs are refused: nothing here is below 0, and a number that its reader takes
// for another is worse than a refusal.
const decimal = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

const millisOf = (input: Duration.Input): number =>
  Option.match(Duration.fromInput(input), { onNone: () => NaN, onSome: Duration.toMillis })

type Limits = Partial<Range> & Info<number>

const numeric = <I>(kind: Range["kind"], minimum: number, maximum: number, info: Limits): Field<number, I> => {
  const { default: usual, off, infinite = off !== undefined } = info
  const isDuration = kind === "duration"
  const within = (what: string, off: string | undefined) =>
    `${what} from ${minimum} to ${maximum}${isDuration ? " ms" : ""}${off === undefined ? "" : ` or ${off}`}`
  const numbers = kind === "number" ? "a number" : "a whole number"
  const inRange = (value: number): boolean =>
    value >= minimum && value <= maximum && (kind !== "whole" || Number.isInteger(value))
  return make({
    example: String(Number.isFinite(usual) ? usual : isDuration ? 30_000 : Math.max(1, minimum)),
    ...info,
    range: { kind, minimum, maximum, infinite, off },
    allowed: within(isDuration ? "a duration" : numbers, infinite ? "Infinity" : undefined),
    read: (value) => {
      const number = isDuration && typeof value !== "number" ? millisOf(value as Duration.Input) : value
      return typeof number === "number" && (inRange(number) || (infinite && number === Infinity)) ? number : undefined
    },
    allowedText: within(numbers, off),
    parse: (text) => {
      if (text.toLowerCase() === off) return Infinity
      const number = decimal.test(text) ? Number(text) : NaN
      // A fraction of a millisecond is a value meant in seconds.
      return Number.isInteger(number) || (Number.isFinite(number) && !isDuration) ? number : undefined
    },
    show: (value: number) => (value === Infinity && off !== undefined ? off : String(value))
  })
}

export const number = (minimum: number, maximum: number, info: Limits = {}): Field<number> =>
  numeric("number", minimum, maximum, info)

export const integer = (minimum: number, maximum: number, info: Limits = {}): Field<number> =>
  numeric("whole", minimum, maximum, info)

/** Milliseconds of a day. */
export const day = 86_400_000

/** A duration of 1 ms to a day unless said otherwise, decoded as milliseconds. */
export const duration = (info: Limits = {}): Field<number, Duration.Input> =>
  numeric("duration", info.minimum ?? 1, info.maximum ?? day, info)

/** One of a few values; in the environment in lower case too. */
export const oneOf = <const A extends string | boolean>(values: ReadonlyArray<A>, info: Info<A> = {}): Field<A> => {
  const show = (value: A) => String(value).toLowerCase()
  const words = values.map(show)
  return make({
    example: words[0],
    ...info,
    allowed: `one of ${values.map(String).join(", ")}`,
    allowedText: `one of ${words.join(", ")}`,
    read: (value) => values.find((one) => one === value),
    parse: (text) => values.find((one) => one === text || show(one) === text),
    show
  })
}

export const boolean = (info: Info<boolean>): Field<boolean> => oneOf([true, false], info)

/** A value that a test knows. */
export const value = <A>(is: (value: unknown) => value is A, allowed: string, info: Info<A> = {}): Field<A> =>
  make({ ...info, allowed, read: (value) => (is(value) ? value : undefined) })

/** A seed of random numbers, 1 unless it is given: a whole number from 0, as the flags take it, or a text. */
export const seed: Field<number | string> = value(
  (seed): seed is number | string => typeof seed === "string" || (Number.isSafeInteger(seed) && (seed as number) >= 0),
  `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, or a text`,
  { default: 1, example: "1" }
)

export const func = <A>(info: Info<A> & { readonly default: A }): Field<A> =>
  value((value): value is A => typeof value === "function", "a function", info)

/** The labels that are allowed, in words. */
export const labels = "1 to 64 characters on one line"

// Most labels are plain words, which are judged in a tenth of the time.
const plainLabel = /^[!-~]{1,64}$/
const anyLabel = /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u

/** Takes a text as a label, without the blanks around it; `undefined` if it is not a label. */
export const parseLabel = (text: unknown): string | undefined => {
  if (typeof text === "string" && plainLabel.test(text)) return text
  const trimmed = typeof text === "string" ? text.trim() : ""
  return anyLabel.test(trimmed) ? trimmed : undefined
}

/** A label, decoded without the blanks around it. */
export const label = (kind: string, info: Info<string> = {}): Field<string> =>
  make({ example: '"ada"', ...info, allowed: `a ${kind} of ${labels}`, read: parseLabel })

/** A text in a form of its own. */
export const text = <A = string>(
  info: Omit<Facts, "read" | "default"> &
    Info<A> & { readonly read: (text: string, problems: Array<Problem>, name: string) => A | undefined }
): Field<A, string> =>
  make({ ...info, read: (text, ...report) => (typeof text === "string" ? info.read(text, ...report) : undefined) })

export const redacted = "<redacted>"

/** A text that never appears, and may be left out. */
export const secret = (env: string, example: string, allowed: string, is: (text: string) => boolean) =>
  make<Redacted.Redacted | undefined>({
    default: undefined,
    env,
    example,
    allowed: `a Redacted text: ${allowed}`,
    allowedText: allowed,
    read: (value) => (Redacted.isRedacted(value) && is(String(Redacted.value(value))) ? value : undefined),
    parse: Redacted.make,
    hide: () => redacted
  })
