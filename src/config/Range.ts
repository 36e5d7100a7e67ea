import { Duration, Effect, Formatter, Option } from "effect"
import { InvalidOptions, type Problem } from "./InvalidOptions.ts"
import { printable } from "./Printable.ts"
import { nearest } from "./Spelling.ts"

/** The values an option may take, in words that serve its error report too. */
export interface Range {
  readonly minimum: number
  readonly maximum: number
  readonly whole: boolean
  /** Whether `Infinity` is allowed, which switches the limit off. */
  readonly infinite: boolean
  readonly example: string
}

/** Whether a value is in a range. */
export const inRange = ({ infinite, maximum, minimum, whole }: Range, value: unknown): value is number =>
  typeof value === "number" &&
  ((infinite && value === Infinity) || (value >= minimum && value <= maximum && (!whole || Number.isInteger(value))))

/** Says in words which values are allowed. */
export const allowed = ({ maximum, minimum, whole }: Range, unlimited?: string): string =>
  `${whole ? "a whole number" : "a number"} from ${minimum} to ${maximum}${unlimited === undefined ? "" : ` or ${unlimited}`}`

export const permits: Range = { minimum: 1, maximum: 100_000, whole: true, infinite: true, example: "3" }
export const perSecond: Range = { minimum: 0.001, maximum: 100_000, whole: false, infinite: true, example: "2.0" }
export const burst: Range = { minimum: 1, maximum: 1e12, whole: false, infinite: false, example: "1" }
export const capacity: Range = { minimum: 0, maximum: 1_000_000, whole: true, infinite: true, example: "50" }
export const failures: Range = { minimum: 1, maximum: 1_000_000, whole: true, infinite: true, example: "5" }
export const retries: Range = { minimum: 0, maximum: 20, whole: true, infinite: false, example: "2" }
export const share: Range = { minimum: 0, maximum: 1, whole: false, infinite: false, example: "0.1" }
export const nonNegative: Range = { minimum: 0, maximum: 1e12, whole: false, infinite: false, example: "1" }
export const tokensPerMinute: Range = { minimum: 1, maximum: 1e12, whole: false, infinite: true, example: "100000" }
/** Milliseconds up to a day. */
export const millis: Range = { minimum: 1, maximum: 86_400_000, whole: false, infinite: true, example: "30000" }

/** The same, where "never" has no meaning. */
export const finiteMillis: Range = { ...millis, infinite: false }

/** The names of options, which the compiler keeps complete. */
export type Names<A> = { readonly [K in keyof A]-?: true }

/** A value as it may stand in a report: texts in quotes, on one short line. */
export const shown = (value: unknown): string => printable(Formatter.format(value))

// Whoever gives a key where there is no such option must not find it in a log.
const secret = /key|secret|password|authorization/i

/** Collects what is wrong with a set of options, and reports all of it at once. */
export class Checker {
  readonly problems: Array<Problem> = []

  /** Returns options that are to be read, none if it is no object; names that are not known are problems. */
  options<A extends object>(given: A, names: Names<A>, holder?: string): A {
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      const allowed = `an object of options (${Object.keys(names).join(", ")})`
      this.problems.push({ name: holder ?? "options", value: shown(given), allowed })
      return {} as A
    }
    for (const name in given) {
      if (names[name] === true) continue
      const value: unknown = given[name]
      if (value !== undefined) this.#unknown(name, value, Object.keys(names), holder)
    }
    return given
  }

  #unknown(name: string, value: unknown, known: ReadonlyArray<string>, holder: string | undefined): void {
    const full = (name: string) => (holder === undefined ? name : `${holder}.${name}`)
    const meant = nearest(name, known)
    const hint = meant === undefined ? ";" : `; did you mean ${full(meant)}?`
    this.problems.push({
      name: printable(full(name)),
      value: secret.test(name) ? "<redacted>" : shown(value),
      allowed: `there is no option of this name${hint} the options are ${known.map(full).join(", ")}`
    })
  }

  /** Checks a number; one that is not given is the other, if there is one. */
  number(name: string, given: number | undefined, range: Range, otherwise?: number): number {
    if (given === undefined && otherwise !== undefined) return otherwise
    if (!inRange(range, given)) {
      this.problems.push({
        name,
        value: shown(given),
        allowed: allowed(range, range.infinite ? "Infinity" : undefined),
        example: range.example
      })
    }
    return given as number
  }

  /** Checks a duration against a range in milliseconds, and returns its milliseconds. */
  duration(name: string, given: Duration.Input | undefined, range: Range, otherwise?: Duration.Input): number {
    const value = given === undefined ? otherwise : given
    const asMillis = Option.match(Duration.fromInput(value!), { onNone: () => NaN, onSome: Duration.toMillis })
    if (!inRange(range, asMillis) || Number.isNaN(value)) {
      this.problems.push({
        name,
        value: shown(value),
        allowed: `a duration from ${range.minimum} to ${range.maximum} ms${range.infinite ? " or Infinity" : ""}`,
        example: `"${range.example} millis"`
      })
    }
    return asMillis
  }

  oneOf<A extends string>(name: string, given: A | undefined, names: ReadonlyArray<A>, otherwise?: A): A {
    const value = given === undefined ? otherwise : given
    if (value !== undefined && names.includes(value)) return value
    const allowed = `one of ${names.join(", ")}`
    this.problems.push({ name, value: shown(value), allowed, example: JSON.stringify(names[0]) })
    return names[0]!
  }

  boolean(name: string, given: boolean | undefined, otherwise: boolean): boolean {
    const value = given === undefined ? otherwise : given
    if (typeof value !== "boolean") this.problems.push({ name, value: shown(value), allowed: "true or false" })
    return value
  }

  /** Checks that an option, if it is given, is a function. */
  function<A>(name: string, given: A | undefined, otherwise: A): A {
    const value = given === undefined ? otherwise : given
    if (typeof value !== "function") this.problems.push({ name, value: shown(value), allowed: "a function" })
    return value
  }

  /** Fails with every problem found, if there is one. */
  get done(): Effect.Effect<void, InvalidOptions> {
    return Effect.suspend(() =>
      this.problems.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ problems: this.problems }))
    )
  }
}
