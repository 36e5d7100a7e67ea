import { Effect, identity, Schedule } from "effect"
import * as RootCause from "../../RootCause.ts"

const backOff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** Repeats what a store fails to do until it does it; says once that the store fails, and once that it does not any more. */
export class Patience {
  readonly #store: string
  #isDown = false

  constructor(store: string) {
    this.#store = store
  }

  /** What must not be interrupted is not repeated, or a program could not end while its store is down. */
  untilDone<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) =>
      restore === identity
        ? effect
        : restore(
            effect.pipe(
              Effect.tapError((error) => this.#down(error)),
              Effect.retry(backOff),
              Effect.tap(this.#up)
            )
          )
    )
  }

  #down(error: unknown): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isDown) return Effect.void
      this.#isDown = true
      return Effect.logWarning(`Jobs wait for ${this.#store}, which fails: ${RootCause.messageOf(error)}`)
    })
  }

  get #up(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.#isDown) return Effect.void
      this.#isDown = false
      return Effect.logInfo(`Jobs go on: ${this.#store} answers again`)
    })
  }
}
