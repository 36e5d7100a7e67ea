import { Effect, identity, Schedule } from "effect"

const backOff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** Repeats what a store fails to do until it does it, and says once that the store does not answer. */
export class Patience {
  readonly #message: string
  #isDown = false

  constructor(message: string) {
    this.#message = message
  }

  /** What must not be interrupted is not repeated, or a program could not end while its store is down. */
  untilDone<A, E extends { readonly cause?: unknown }, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      restore === identity
        ? effect
        : restore(
            effect.pipe(
              Effect.tapError((error) => this.#down(error)),
              Effect.retry(backOff),
              Effect.tap(Effect.sync(() => void (this.#isDown = false)))
            )
          )
    )
  }

  #down({ cause }: { readonly cause?: unknown }): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isDown) return Effect.void
      this.#isDown = true
      return Effect.logWarning(this.#message, String(cause))
    })
  }
}
