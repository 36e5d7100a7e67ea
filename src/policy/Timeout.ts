import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, refuse, type Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Alarm } from "../internal/Alarm.ts"
import { Limit } from "../internal/Limit.ts"
import { Silence } from "../internal/Silence.ts"
import { now, type Now } from "../internal/Time.ts"
import { Progress } from "../Progress.ts"

export interface Options {
  /** How long one attempt may take, or until the first part of a streamed answer; 1 ms to a day, or `Infinity`. */
  readonly timeout: Duration.Input
  /** Longest silence between two parts of a streamed answer, whoever is slow; 1 ms to a day; `Infinity`, no such limit. */
  readonly idle?: Duration.Input | undefined
}

const names: Range.Names<Options> = { timeout: true, idle: true }

/**
 * Ends one attempt that takes too long, with `DeadlineExceeded` of the `attempt`, or of the `idle` stream.
 *
 * Innermost, so that waiting does not count.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const timeout = checker.duration("timeout", given.timeout, Range.millis)
      const idle = checker.duration("idle", given.idle, Range.millis, Infinity)
      yield* checker.done
      if (timeout === Infinity && idle === Infinity) return inner
      const clock = yield* now
      const alarm = yield* Alarm.make

      return (ask, call) =>
        inner(
          ask,
          Effect.suspend(() => {
            const progress = Progress.here()
            const attempt = progress === undefined ? call : new Answer(idle, clock, alarm).bound(call, progress)
            return new Attempt(alarm, clock, timeout).run(attempt)
          })
        )
    })
  )

const exceeded = (limit: "attempt" | "idle" | "reader", millis: number) =>
  refuse(new DeadlineExceeded({ limit, started: true, elapsed: Duration.millis(millis), retryAfter: undefined }))

class Answer extends Silence<Rejection> {
  override silent(idle: number, reader: boolean): Effect.Effect<never, Rejection> {
    return exceeded(reader ? "reader" : "idle", idle)
  }
}

/** An attempt that may take so long from when it first suspends; what comes before takes no time. */
class Attempt extends Limit<Rejection> {
  readonly #clock: Now
  readonly #timeout: number

  constructor(alarm: Alarm, clock: Now, timeout: number) {
    super(alarm)
    this.#clock = clock
    this.#timeout = timeout
  }

  protected override suspended(): void {
    this.at = this.#clock() + this.#timeout
    super.suspended()
  }

  override late(): Effect.Effect<never, Rejection> {
    return exceeded("attempt", this.#timeout)
  }
}
