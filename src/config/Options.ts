import { Effect, Formatter, Record as Records } from "effect"
import { type Facts, factsOf, type Field, type Fields, make, redacted } from "./Field.ts"
import { InvalidOptions, type Problem } from "./InvalidOptions.ts"
import { nearest } from "./Misspelling.ts"
import { printable } from "./Printable.ts"

/** The decoded values of fields. */
export type Values<F extends Fields> = { readonly [K in keyof F]: F[K]["Type"] }

/** What a program may give for fields. */
export type Given<F extends Fields> = { readonly [K in keyof F]?: F[K]["Encoded"] | undefined }

type Required<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly isRequired: true } ? K : never
}[keyof F]

/** The options of fields; those that were made by `required` must be given. */
export type OptionsOf<F extends Fields> = Given<Omit<F, Required<F>>> & {
  readonly [K in keyof Pick<F, Required<F>>]: F[K]["Encoded"]
}

/** The fields that an interface of options must have. */
export type For<O extends object> = { readonly [K in keyof O]-?: Field<unknown, Exclude<O[K], undefined>> }

/** A value as it stands in a report: on one short line, a text in quotes. */
const shown = (value: unknown): string => printable(Formatter.format(value))

// A key that is given where there is no such option must not show in a log.
const secret = /key|secret|password|authorization/i

const unknownOption = (name: string, value: unknown, known: ReadonlyArray<string>, holder: string): Problem => {
  const meant = nearest(name, known)
  const hint = meant === undefined ? ";" : `; did you mean ${holder}${meant}?`
  return {
    name: printable(holder + name),
    value: secret.test(name) ? redacted : shown(value),
    allowed: `there is no option of this name${hint} the options are ${known.map((one) => holder + one).join(", ")}`
  }
}

/** Reads the value of one option or takes its default; one that is not allowed adds a problem. */
export type Reader<A> = (value: unknown, problems: Array<Problem>, name: string) => A

export const reader = <S extends Fields[string]>(field: S): Reader<S["Type"]> => {
  const facts = factsOf(field)
  const isRequired = !("default" in facts)
  return (value, problems, name) => {
    if (value === undefined && !isRequired) return facts.default
    const before = problems.length
    const decoded = value === undefined ? undefined : facts.read(value, problems, name)
    if (decoded === undefined && problems.length === before) {
      const { allowed, example } = facts
      problems.push({ name, value: shown(value), allowed, example })
    }
    return decoded
  }
}

/** The readers of fields, for options that are read on each call. */
export const readers = <const F extends Fields>(fields: F) =>
  Records.map(fields, (field) => reader(field)) as { readonly [K in keyof F]: Reader<F[K]["Type"]> }

/** Finds what is wrong with options as such: they are no object, or have names that are not known. */
export const inspector = (fields: Fields) => {
  const names = Object.keys(fields)
  const known = new Set(names)
  return (options: unknown, problems: Array<Problem>, holder?: string): void => {
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      const allowed = `an object of options (${names.join(", ")})`
      problems.push({ name: holder ?? "options", value: shown(options), allowed })
      return
    }
    const given = options as { readonly [name: string]: unknown }
    for (const name in given) {
      if (known.has(name)) continue
      const value = given[name]
      if (value !== undefined)
        problems.push(unknownOption(name, value, names, holder === undefined ? "" : `${holder}.`))
    }
  }
}

/** Decodes options, fills in defaults, and adds a problem for every wrong, missing and unknown one. */
export type Decoder<F extends Fields> = (options: unknown, problems: Array<Problem>, holder?: string) => Values<F>

export const decoder = <const F extends Fields>(fields: F): Decoder<F> => {
  const inspect = inspector(fields)
  const read = Object.entries(readers(fields))
  return (options, problems, holder) => {
    inspect(options, problems, holder)
    const given: { readonly [name: string]: unknown } = Object(options)
    const entries = read.map(([name, read]) => [
      name,
      read(given[name], problems, holder === undefined ? name : `${holder}.${name}`)
    ])
    return Object.fromEntries(entries) as Values<F>
  }
}

/** Fails if there are problems. */
export const settled = (problems: ReadonlyArray<Problem>): Effect.Effect<void, InvalidOptions> =>
  problems.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ problems }))

/** Decodes options; fails with every wrong, missing and unknown one. */
export const decode = <const F extends Fields>(fields: F, options: unknown): Effect.Effect<Values<F>, InvalidOptions> =>
  Effect.suspend(() => {
    const problems: Array<Problem> = []
    const values = decoder(fields)(options, problems)
    return Effect.as(settled(problems), values)
  })

/** Options within options. */
export const group = <const F extends Fields>(fields: F): Field<Values<F>, Given<F>> => {
  const decode = decoder(fields)
  return make({ fields, default: decode({}, []), allowed: "an object of options", read: decode })
}

/** The same fields with other defaults for some of them. */
export const withDefaults = <const F extends Fields>(fields: F, defaults: object): F => {
  const changed = Records.map(defaults as Record<string, unknown>, (value, name) => {
    const facts = factsOf(fields[name]!)
    return facts.fields === undefined
      ? make({ ...facts, default: value })
      : group(withDefaults(facts.fields, value as object))
  })
  return { ...fields, ...changed }
}

/** A list of values that one field takes. */
export const list = <A, I>(item: Field<A, I>, info: { readonly default: ReadonlyArray<A> }) => {
  const read = reader(item)
  return make<ReadonlyArray<A>, ReadonlyArray<I>>({
    ...info,
    allowed: "a list",
    read: (value, problems, name) =>
      Array.isArray(value) ? value.map((one, index) => read(one, problems, `${name}[${index}]`)) : undefined
  })
}

/** The fields of options and of options within them, each with the way to it. */
export const leaves = (
  fields: Fields,
  path: ReadonlyArray<string> = []
): ReadonlyArray<{ readonly path: ReadonlyArray<string>; readonly facts: Facts }> =>
  Object.entries(fields).flatMap(([name, field]) => {
    const facts = factsOf(field)
    const own = [...path, name]
    return facts.fields === undefined ? [{ path: own, facts }] : leaves(facts.fields, own)
  })
