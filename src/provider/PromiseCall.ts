import { Cause, Effect } from "effect"
import { Rejection, ShuttingDown } from "../domain/Rejection.ts"
import { Attempt, Work } from "../Work.ts"
import type { Leftovers } from "./Leftovers.ts"
import { RejectionError } from "../domain/RejectionError.ts"

const closed = new ShuttingDown({ retryAfter: undefined })

/** A call whose work is a promise, and goes on until that has settled. */
export class PromiseCall<A> extends Work {
  readonly #begin: (signal: AbortSignal) => Promise<A>
  readonly #leftovers: Leftovers
  /** What the work itself failed with, if it did. */
  #failure: { readonly error: unknown } | undefined
  /** Why the caller left, for the work to know. */
  reason: unknown

  constructor(begin: (signal: AbortSignal) => Promise<A>, leftovers: Leftovers) {
    super()
    this.#begin = begin
    this.#leftovers = leftovers
  }

  /** Makes one attempt; interrupted, it aborts the signal and is over at once, while the promise is left to settle. */
  readonly effect: Effect.Effect<A, unknown> = Effect.callback((resume) => {
    const controller = new AbortController()
    const attempt = new Attempt()
    this.attempt = attempt
    let waiting = true
    this.#begin(controller.signal).then(
      (value) => {
        attempt.end()
        resume(Effect.succeed(value))
      },
      (error) => {
        attempt.end()
        if (waiting) this.#failure = { error }
        resume(Effect.fail(error))
      }
    )
    return Effect.sync(() => {
      waiting = false
      controller.abort(this.reason)
      this.#leftovers.add(attempt)
    })
  })

  /** What the caller gets for a failed call. */
  errorOf(cause: Cause.Cause<unknown>): unknown {
    const own = this.#failure
    // The gate has been closed.
    if (Cause.hasInterruptsOnly(cause)) return own === undefined ? new RejectionError(closed) : own.error
    const error = Cause.squash(cause)
    const refused = error instanceof Rejection && error !== own?.error
    return refused ? new RejectionError(error.reason) : error
  }
}
