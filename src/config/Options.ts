import { Effect, Formatter, Predicate, Record as Records } from "effect"
import { type Facts, factsOf, type Field, type Fields, make, read, redacted, refuse } from "./Field.ts"
import { InvalidOptions, printable, type Problem, settled } from "./InvalidOptions.ts"
import { nearest } from "./Misspelling.ts"

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

/** Reads the value of one option or takes its default; one that is not allowed adds a problem. */
export type Reader<A> = (value: unknown, problems: Array<Problem>, name: string) => A

export const reader = <S extends Fields[string]>(field: S): Reader<S["Type"]> => {
  const facts = factsOf(field)
  const isRequired = !("default" in facts)
  const usual = compact(facts.default)
  return (value, problems, name) => (value === undefined && !isRequired ? usual : read(facts, value, problems, name))
}

// V8 stores a small whole number in the pointer, but one that was read from a field of fractions takes 16 bytes more,
// wherever it is copied to.
const compact = (value: unknown): unknown => (typeof value === "number" && (value | 0) === value ? value | 0 : value)

/** The readers of fields, for options that are read on each call. */
export const readers = <const F extends Fields>(fields: F) =>
  Records.map(fields, (field) => reader(field)) as { readonly [K in keyof F]: Reader<F[K]["Type"]> }

// A key that is given where there is no such option must not show in a log.
const secret = /key|secret|password|authorization/i

const refuseName = (prefix: string, name: string, value: unknown, problems: Array<Problem>, known: Array<string>) => {
  const meant = nearest(name, known)
  const hint = meant === undefined ? "" : `; did you mean ${prefix}${meant}?`
  const allowed = `there is no option of this name${hint}; the options are ${known.map((one) => prefix + one).join(", ")}`
  const shown = secret.test(name) ? redacted : Formatter.format(value)
  refuse({ allowed }, shown, problems, printable(prefix + name))
}

/** Finds what is wrong with options as such: they are no object, or have names that are not known. */
export const inspector = (fields: Fields) => {
  const names = Object.keys(fields)
  const known = new Set(names)
  return (options: unknown, problems: Array<Problem>, prefix = ""): void => {
    if (!Predicate.isObject(options)) {
      const allowed = `an object of options (${names.join(", ")})`
      return refuse({ allowed }, Formatter.format(options), problems, prefix.slice(0, -1) || "options")
    }
    for (const name in options) {
      if (known.has(name) || options[name] === undefined) continue
      refuseName(prefix, name, options[name], problems, names)
    }
  }
}

/** Decodes options, fills in defaults, and adds a problem for every wrong, missing and unknown one. */
export const decoder = <const F extends Fields>(fields: F) => {
  const inspect = inspector(fields)
  const all = readers(fields)
  return (options: unknown, problems: Array<Problem>, prefix = ""): Values<F> => {
    inspect(options, problems, prefix)
    const given: { readonly [name: string]: unknown } = Object(options)
    return Records.map(all, (read, name) => read(given[name], problems, prefix + name)) as Values<F>
  }
}

/** Decodes options; fails with every wrong, missing and unknown one. */
export const decode = <const F extends Fields>(fields: F, options: unknown): Effect.Effect<Values<F>, InvalidOptions> =>
  Effect.suspend(() => {
    const problems: Array<Problem> = []
    const values = decoder(fields)(options, problems)
    return Effect.as(settled(problems), values)
  })

/** Decodes options for functions that are no effects; throws `InvalidOptions` for every wrong, missing and unknown one. */
export const thrower = <const F extends Fields>(fields: F): ((options: unknown) => Values<F>) => {
  const decode = decoder(fields)
  return (options) => {
    const problems: Array<Problem> = []
    const values = decode(options, problems)
    if (problems.length > 0) throw new InvalidOptions({ problems })
    return values
  }
}

/** Options within options. */
export const group = <const F extends Fields>(fields: F): Field<Values<F>, Given<F>> => {
  const decode = decoder(fields)
  const read: Facts["read"] = (value, problems, name) => decode(value, problems, `${name}.`)
  return make({ fields, default: decode({}, []), allowed: "an object of options", read })
}

/** The same fields with other defaults for some of them. */
export const withDefaults = <const F extends Fields>(fields: F, defaults: object): F =>
  Records.map(fields, (field, name) => {
    const usual = (defaults as Record<string, object>)[name]
    const facts = factsOf(field)
    if (!(name in defaults)) return field
    return facts.fields === undefined ? make({ ...facts, default: usual }) : group(withDefaults(facts.fields, usual!))
  }) as F

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
