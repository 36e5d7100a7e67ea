import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, refuse, type Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Alarm } from "../internal/Alarm.ts"
import { Limit } from "../internal/Limit.ts"
import { now } from "../internal/Time.ts"

export interface Options {
  /** How long a call may take in all, waiting and retries included, if its ask names no deadline; 1 ms to a day, or `Infinity`. */
  readonly deadline: Duration.Input
}

const names: Range.Names<Options> = { deadline: true }

/**
 * Ends a call by its deadline, whatever it is doing then.
 *
 * The deadline of a streamed answer is that of its first part. A call that had not started is refused with `DeadlineExceeded`; so ends one that had, with `started` set. A deadline
 * outside of this one is never extended.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner, beneath) {
      const checker = new Range.Checker()
      const deadline = checker.duration("deadline", checker.options(options, names).deadline, Range.millis)
      yield* checker.done
      const clock = yield* now
      const alarm = yield* Alarm.make

      return (ask, call) =>
        Effect.suspend(() => {
          const at = clock()
          const until = Math.min(ask.until, at + (ask.deadline ?? deadline))
          if (until === Infinity) return inner(ask, call)
          const timed = new Timed(alarm, at, until, beneath.pausedUntil)
          if (until <= at) return timed.late()
          const marked = Effect.suspend(() => {
            timed.started = true
            return call
          })
          return timed.run(inner(ask.endingBy(until), marked))
        })
    })
  )

/** A call that arrived at one moment and is to end by another. */
class Timed extends Limit<Rejection> {
  started = false
  readonly #arrivedAt: number
  readonly #pausedUntil: (() => number) | undefined

  constructor(alarm: Alarm, arrivedAt: number, until: number, pausedUntil: (() => number) | undefined) {
    super(alarm)
    this.#pausedUntil = pausedUntil
    this.#arrivedAt = arrivedAt
    this.at = until
  }

  override late(): Effect.Effect<never, Rejection> {
    const elapsed = Duration.millis(Math.max(0, this.at - this.#arrivedAt))
    // When a call that has not started could, is not known but for a pause.
    const paused = this.started ? 0 : (this.#pausedUntil?.() ?? -Infinity) - this.at
    const retryAfter = paused > 0 ? Duration.millis(paused) : undefined
    return refuse(new DeadlineExceeded({ limit: "call", started: this.started, elapsed, retryAfter }))
  }
}
