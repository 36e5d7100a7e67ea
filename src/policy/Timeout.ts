import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, refuse } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Alarm } from "../internal/Alarm.ts"
import { now } from "../internal/Time.ts"

export interface Options {
  /** How long one attempt may take; 1 ms to a day, or `Infinity`. */
  readonly timeout: Duration.Input
}

/** Ends one attempt that takes too long, with `DeadlineExceeded` of the `attempt`. Innermost, so that waiting does not count. */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const timeout = checker.duration("timeout", options.timeout, Range.millis)
      yield* checker.done
      if (timeout === Infinity) return inner
      const clock = yield* now
      const alarm = yield* Alarm.make
      const late = refuse(
        new DeadlineExceeded({
          limit: "attempt",
          started: true,
          elapsed: Duration.millis(timeout),
          retryAfter: undefined
        })
      )

      return (ask, call) =>
        inner(
          ask,
          Effect.suspend(() => alarm.limit(call, () => clock() + timeout, late))
        )
    })
  )
