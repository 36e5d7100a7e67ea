import { Duration, Effect, Option } from "effect"
import { InvalidOptions, type Problem } from "./InvalidOptions.ts"

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

/** Collects what is wrong with a set of options, and reports all of it at once. */
export class Checker {
  readonly problems: Array<Problem> = []

  number(name: string, value: number, range: Range): number {
    if (!inRange(range, value)) {
      this.problems.push({
        name,
        value: String(value),
        allowed: allowed(range, range.infinite ? "Infinity" : undefined),
        example: range.example
      })
    }
    return value
  }

  /** Checks a duration against a range in milliseconds, and returns its milliseconds. */
  duration(name: string, value: Duration.Input, range: Range): number {
    const asMillis = Option.match(Duration.fromInput(value), { onNone: () => NaN, onSome: Duration.toMillis })
    if (!inRange(range, asMillis) || Number.isNaN(value)) {
      this.problems.push({
        name,
        value: String(value),
        allowed: `a duration from ${range.minimum} to ${range.maximum} ms${range.infinite ? " or Infinity" : ""}`,
        example: `"${range.example} millis"`
      })
    }
    return asMillis
  }

  oneOf<A extends string>(name: string, value: A, names: ReadonlyArray<A>): A {
    if (names.includes(value)) return value
    this.problems.push({ name, value: String(value), allowed: `one of ${names.join(", ")}`, example: names[0]! })
    return names[0]!
  }

  /** Fails with every problem found, if there is one. */
  get done(): Effect.Effect<void, InvalidOptions> {
    return Effect.suspend(() =>
      this.problems.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ problems: this.problems }))
    )
  }
}
