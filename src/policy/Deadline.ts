import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, refuse } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Alarm } from "../internal/Alarm.ts"
import { now } from "../internal/Time.ts"

export interface Options {
  /** How long a call may take in all, waiting and retries included, if its ask names no deadline; 1 ms to a day, or `Infinity`. */
  readonly deadline: Duration.Input
}

/**
 * Ends a call by its deadline, whatever it is doing then.
 *
 * The deadline of a streamed answer is that of its first part. A call that had not started is refused with `DeadlineExceeded`; so ends one that had, with `started` set. A deadline
 * outside of this one is never extended.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const deadline = checker.duration("deadline", options.deadline, Range.millis)
      yield* checker.done
      const clock = yield* now
      const alarm = yield* Alarm.make

      return (ask, call) =>
        Effect.suspend(() => {
          const at = clock()
          const until = Math.min(ask.until, at + (ask.deadline ?? deadline))
          if (until === Infinity) return inner(ask, call)
          let started = false
          const late = () =>
            refuse(
              new DeadlineExceeded({
                limit: "call",
                started,
                elapsed: Duration.millis(Math.max(0, until - at)),
                retryAfter: undefined
              })
            )
          if (until <= at) return late()
          const marked = Effect.suspend(() => {
            started = true
            return call
          })
          return alarm.limit(inner(ask.endingBy(until), marked), () => until, late)
        })
    })
  )
