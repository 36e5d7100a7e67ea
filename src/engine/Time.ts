import { Clock, Effect } from "effect"

/** Reads the gate's clock: milliseconds with fractions, from an arbitrary origin. */
export type Now = () => number

/**
 * The gate's clock. It is monotonic: a wall clock that is set back would stop rate, deadlines and breaker for as long.
 */
export const now: Effect.Effect<Now> = Effect.map(
  Clock.Clock,
  (clock) => () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
)

/** Milliseconds to which clocks round: a moment less than this ahead counts as now. */
export const clockResolution = 1e-3
