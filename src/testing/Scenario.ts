import { Effect, Schema } from "effect"
import { InvalidOptions } from "../config/InvalidOptions.ts"

/**
 * What the model does with a call.
 *
 * - `succeed` succeeds, `stream` in three chunks
 * - `fail` fails with status 500, `badRequest` with 400, `flaky` with 503 on the first attempt only
 * - `truncated` fails after its first chunk, `flakyTruncated` on the second attempt
 * - `die` ends with a defect, `interrupt` interrupts itself, `hang` never ends
 * - `slowAbort` succeeds, and takes 250 ms to stop when it is interrupted
 */
export const Kind = Schema.Literals([
  "succeed",
  "fail",
  "badRequest",
  "flaky",
  "die",
  "hang",
  "interrupt",
  "slowAbort",
  "stream",
  "truncated",
  "flakyTruncated"
])
export type Kind = typeof Kind.Type

/** A call of a scenario. Times are milliseconds; `at` and `cancelAt` count from the start of the scenario. */
export interface Call {
  /** When the call arrives. */
  readonly at: number
  readonly kind: Kind
  /** How long the model works for it. */
  readonly duration: number
  /** When its caller cancels. `Infinity`: never. */
  readonly cancelAt: number
  /** The scheduler step, counted over all fibers of the call, at which its caller cancels. `Infinity`: none. */
  readonly interruptAtStep: number
  /** The number of the caller. */
  readonly caller: number
  readonly priority: number
  readonly weight: number
  readonly permits: number
  readonly tokens: number
  /** The deadline, from arrival. `Infinity`: none. */
  readonly deadline: number
}

/** Calls to make, and how their fibers are scheduled. */
export interface Scenario {
  readonly calls: ReadonlyArray<Call>
  /** Operations after which a fiber yields, from 5 (fibers interleave everywhere) to 2048 (Effect's default). */
  readonly yieldEvery: number
  /** The seed of the random numbers that the stack draws. */
  readonly seed: number
}

/** A call that succeeds at once; the default of every field in a written scenario. */
export const plain: Call = {
  at: 0,
  kind: "succeed",
  duration: 0,
  cancelAt: Infinity,
  interruptAtStep: Infinity,
  caller: 0,
  priority: 1,
  weight: 1,
  permits: 1,
  tokens: 0,
  deadline: Infinity
}

/** Operations after which a fiber yields by default in Effect. */
export const defaultYieldEvery = 2048

const atLeast = (minimum: number) => Schema.Finite.check(Schema.isBetween({ minimum, maximum: 1e9 }))

/** A scenario as text holds only what differs from `plain`. */
const Written = Schema.Struct({
  calls: Schema.Array(
    Schema.Struct({
      at: Schema.optionalKey(atLeast(0)),
      kind: Schema.optionalKey(Kind),
      duration: Schema.optionalKey(atLeast(0)),
      cancelAt: Schema.optionalKey(atLeast(0)),
      interruptAtStep: Schema.optionalKey(atLeast(1)),
      caller: Schema.optionalKey(atLeast(0)),
      priority: Schema.optionalKey(atLeast(0)),
      weight: Schema.optionalKey(atLeast(1e-6)),
      permits: Schema.optionalKey(atLeast(1)),
      tokens: Schema.optionalKey(atLeast(0)),
      deadline: Schema.optionalKey(atLeast(0))
    })
  ),
  yieldEvery: Schema.optionalKey(atLeast(5)),
  seed: Schema.optionalKey(Schema.Finite)
})
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Written))

/** Writes a scenario as one line of JSON. */
export const write = ({ calls, seed, yieldEvery }: Scenario): string =>
  JSON.stringify({
    calls: calls.map((call) =>
      Object.fromEntries(Object.entries(call).filter(([field, value]) => value !== plain[field as keyof Call]))
    ),
    ...(yieldEvery === defaultYieldEvery ? {} : { yieldEvery }),
    seed
  })

/** Reads a scenario that `write` has written; fails with `InvalidOptions`. */
export const read = (written: string): Effect.Effect<Scenario, InvalidOptions> =>
  decode(written).pipe(
    Effect.map(({ calls, seed = 0, yieldEvery = defaultYieldEvery }) => ({
      calls: calls.map((call) => ({ ...plain, ...call })),
      yieldEvery,
      seed
    })),
    Effect.mapError(
      ({ message }) =>
        new InvalidOptions({
          problems: [
            {
              name: "replay",
              value: written,
              allowed: `a scenario as LawBroken prints it (${message.split("\n").join(" ")})`,
              example: write({ calls: [{ ...plain, cancelAt: 100 }], yieldEvery: defaultYieldEvery, seed: 0 })
            }
          ]
        })
    )
  )
