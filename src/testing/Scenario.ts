import { Effect, Schema } from "effect"
import { InvalidOptions } from "../config/InvalidOptions.ts"

/**
 * What becomes of a call at the model.
 *
 * `fail` may pass, `wrong` never will, `flaky` fails once; `linger` succeeds, but takes a while to stop when it is interrupted;
 * `stream` answers in parts, `break` fails after the first of them, `relapse` fails once and then breaks.
 */
export const Kind = Schema.Literals([
  "succeed",
  "fail",
  "wrong",
  "flaky",
  "die",
  "hang",
  "interrupt",
  "linger",
  "stream",
  "break",
  "relapse"
])
export type Kind = typeof Kind.Type

/** A call to be made. Times are milliseconds, `at` and `leaves` from the beginning of the scenario. */
export interface Call {
  /** When it arrives. */
  readonly at: number
  readonly kind: Kind
  /** How long the model works for it. */
  readonly takes: number
  /** When its caller leaves; `Infinity`, never. */
  readonly leaves: number
  /** The step of the scheduler, counted over the fibers the call runs on, at which its caller leaves; `Infinity`, at none. */
  readonly cut: number
  /** Callers are numbered. */
  readonly caller: number
  readonly priority: number
  readonly weight: number
  readonly permits: number
  readonly tokens: number
  /** Its deadline from arrival; `Infinity`, none. */
  readonly deadline: number
}

/** Calls to be made, and how the machine runs meanwhile. */
export interface Scenario {
  readonly calls: ReadonlyArray<Call>
  /** Operations after which a fiber lets others go on: 2048 as usual, or as few as 5, so that calls interleave everywhere. */
  readonly rhythm: number
  /** The seed of what the stack itself draws. */
  readonly seed: number
}

/** The plainest call there is. */
export const plain: Call = {
  at: 0,
  kind: "succeed",
  takes: 0,
  leaves: Infinity,
  cut: Infinity,
  caller: 0,
  priority: 1,
  weight: 1,
  permits: 1,
  tokens: 0,
  deadline: Infinity
}

/** The rhythm of a fiber as Effect sets it. */
export const usual = 2048

const natural = (minimum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum: 1e9 }))

/** What a written scenario may say: whatever is left out is plain. */
const Written = Schema.Struct({
  calls: Schema.Array(
    Schema.Struct({
      at: Schema.optionalKey(natural(0)),
      kind: Schema.optionalKey(Kind),
      takes: Schema.optionalKey(natural(0)),
      leaves: Schema.optionalKey(natural(0)),
      cut: Schema.optionalKey(natural(1)),
      caller: Schema.optionalKey(natural(0)),
      priority: Schema.optionalKey(natural(0)),
      weight: Schema.optionalKey(natural(1e-6)),
      permits: Schema.optionalKey(natural(1)),
      tokens: Schema.optionalKey(natural(0)),
      deadline: Schema.optionalKey(natural(0))
    })
  ),
  rhythm: Schema.optionalKey(natural(5)),
  seed: Schema.optionalKey(Schema.Finite)
})
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Written))

/** Writes a scenario down in one line that `read` understands. */
export const write = ({ calls, rhythm, seed }: Scenario): string =>
  JSON.stringify({
    calls: calls.map((call) =>
      Object.fromEntries(Object.entries(call).filter(([field, value]) => value !== plain[field as keyof Call]))
    ),
    ...(rhythm === usual ? {} : { rhythm }),
    seed
  })

/** Reads a written scenario. */
export const read = (written: string): Effect.Effect<Scenario, InvalidOptions> =>
  decode(written).pipe(
    Effect.map(({ calls, rhythm = usual, seed = 0 }) => ({
      calls: calls.map((call) => ({ ...plain, ...call })),
      rhythm,
      seed
    })),
    Effect.mapError(
      ({ message }) =>
        new InvalidOptions({
          problems: [
            {
              name: "replay",
              value: written,
              allowed: `a scenario as a broken law prints it (${message.split("\n").join(" ")})`,
              example: write({ calls: [{ ...plain, leaves: 100 }], rhythm: usual, seed: 0 })
            }
          ]
        })
    )
  )
