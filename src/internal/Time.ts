import { Clock, Effect } from "effect"

/** Reads the gate's clock: milliseconds, with fractions, from an arbitrary moment. */
export type Now = () => number

// Monotonic, because a wall clock that is set back would hold rate, deadlines and breaker up for as long.
export const now: Effect.Effect<Now> = Effect.map(
  Clock.Clock,
  (clock) => () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
)

/** Clocks round to their own grain, in milliseconds: a moment nearer than this has come. */
export const grain = 1e-3
