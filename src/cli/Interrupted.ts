import { Data, Effect } from "effect"

/** A command was told to stop before it had an end of its own. */
export class Interrupted extends Data.TaggedError("Interrupted")<{}> {}

/** Ends an effect at a signal to stop. */
export const unless =
  (stop: Effect.Effect<void>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Interrupted, R> =>
    Effect.raceFirst(
      effect,
      Effect.andThen(
        stop,
        Effect.suspend(() => Effect.fail(new Interrupted()))
      )
    )
