import { Effect, Formatter } from "effect"
import { type Facts, factsOf, type Field, type Fields, make, redacted } from "./Field.ts"
import { InvalidOptions, type Problem } from "./InvalidOptions.ts"
import { nearest } from "./Misspelling.ts"
import { printable } from "./Printable.ts"

/** The decoded values of fields. */
export type Values<F extends Fields> = { readonly [K in keyof F]: F[K]["Type"] }

/** What a program may give for fields. */
export type Given<F extends Fields> = { readonly [K in keyof F]?: F[K]["Encoded"] | undefined }

/** The fields that an interface of options must have. */
export type For<O extends object> = { readonly [K in keyof O]-?: Field<unknown, Exclude<O[K], undefined>> }

/** A value as it stands in a report: on one short line, a text in quotes. */
export const shown = (value: unknown): string => printable(Formatter.format(value))

/** The problem of a value that a field does not take. */
export const refusal = ({ allowed, example }: Facts, name: string, value: unknown): Problem => ({
  name,
  value: shown(value),
  allowed,
  example
})

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

/** Decodes options, fills in defaults, and adds a problem for every wrong, missing and unknown one. */
export type Decoder<F extends Fields> = (options: unknown, problems: Array<Problem>, name?: string) => Values<F>

/** Prepares the decoding of fields: what comes back is as fast as a check by hand, for it runs on each call. */
export const decoder = <const F extends Fields>(fields: F): Decoder<F> => {
  const names = Object.keys(fields)
  const all = names.map((name) => [name, factsOf(fields[name]!)] as const)
  const facts: { readonly [name: string]: Facts } = Object.assign(Object.create(null), Object.fromEntries(all))
  const defaults: { [name: string]: unknown } = Object.fromEntries(
    all.map(([name, { default: value }]) => [name, value])
  )
  const required = names.filter((name) => !("default" in facts[name]!))
  return (options, problems, holder) => {
    const values = { ...defaults }
    const prefix = holder === undefined ? "" : `${holder}.`
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      const allowed = `an object of options (${names.join(", ")})`
      problems.push({ name: holder ?? "options", value: shown(options), allowed })
      return values as Values<F>
    }
    const given = options as { readonly [name: string]: unknown }
    for (const name in given) {
      const value = given[name]
      if (value === undefined) continue
      const field = facts[name]
      if (field === undefined) problems.push(unknownOption(name, value, names, prefix))
      else values[name] = read(field, value, problems, prefix + name)
    }
    for (const name of required) {
      if (given[name] === undefined) problems.push(refusal(facts[name]!, prefix + name, undefined))
    }
    return values as Values<F>
  }
}

/** Reads one value; one that is not allowed adds a problem. */
export const read = (facts: Facts, value: unknown, problems: Array<Problem>, name: string): unknown => {
  const before = problems.length
  const decoded = facts.read(value, problems, name)
  if (decoded === undefined && problems.length === before) problems.push(refusal(facts, name, value))
  return decoded
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

/** The same fields with other defaults. */
export const withDefaults = <const F extends Fields>(fields: F, defaults: object): F => {
  const entries = Object.entries(fields).map(([name, field]) => {
    const facts = factsOf(field)
    const value: unknown = (defaults as { readonly [name: string]: unknown })[name]
    if (value === undefined) return [name, field]
    return [
      name,
      facts.fields === undefined
        ? make({ ...facts, default: value })
        : group(withDefaults(facts.fields, value as object))
    ]
  })
  return Object.fromEntries(entries) as F
}

/** A list of values that one field takes. */
export const list = <A, I>(item: Field<A, I>, info: { readonly default: ReadonlyArray<A> }) => {
  const facts = factsOf(item)
  return make<ReadonlyArray<A>, ReadonlyArray<I>>({
    ...info,
    allowed: "a list",
    read: (value, problems, name) =>
      Array.isArray(value) ? value.map((one, index) => read(facts, one, problems, `${name}[${index}]`) as A) : undefined
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
