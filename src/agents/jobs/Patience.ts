import { Effect, Exit, identity, Schedule } from "effect"
import * as RootCause from "../../RootCause.ts"

const backOff = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/**
 * Repeats what a store fails to do until it does it; says once that the store fails, and once that it does not any more.
 *
 * A store may fail to write and still be read, so it answers again only once all is done that it failed to do.
 */
export class Patience {
  readonly #store: string
  /** Effects that the store has failed to do so far. */
  #failing = 0

  constructor(store: string) {
    this.#store = store
  }

  /** What must not be interrupted is not repeated, or a program could not end while its store is down. */
  untilDone<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.uninterruptibleMask((restore) => {
      if (restore === identity) return effect
      let fails = false
      const failed = (error: E) => {
        if (fails) return Effect.void
        fails = true
        return this.#fails(error)
      }
      return restore(Effect.retry(Effect.tapError(effect, failed), backOff)).pipe(
        Effect.onExit((exit) => (fails ? this.#ends(exit) : Effect.void))
      )
    })
  }

  #fails(error: unknown): Effect.Effect<void> {
    if (++this.#failing > 1) return Effect.void
    return Effect.logWarning(`Jobs wait for ${this.#store}, which fails: ${RootCause.messageOf(error)}`)
  }

  #ends(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    if (--this.#failing > 0 || Exit.isFailure(exit)) return Effect.void
    return Effect.logInfo(`Jobs go on: ${this.#store} answers again`)
  }
}
