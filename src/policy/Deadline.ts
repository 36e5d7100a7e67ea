import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded } from "../domain/Rejection.ts"
import { Alarm, type Entry, type Lane } from "../internal/Alarm.ts"
import { type Call, Stay } from "../engine/Call.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** How long a call may take in all, waiting and retries included, if its ask names no deadline; 1 ms to a day, or `Infinity`. */
  readonly deadline: Duration.Input
}

const names: Range.Names<Options> = { deadline: true }

/** Ends a call by its deadline, whatever it is doing then. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* (beneath) {
      const checker = new Range.Checker()
      const deadline = checker.duration("deadline", checker.options(options, names).deadline, Range.millis)
      yield* checker.done
      const limit: Limit = { deadline, alarm: yield* Alarm.make, pausedUntil: beneath.pausedUntil ?? (() => -Infinity) }
      return (call: Call) => new Timed(call, limit)
    })
  )

interface Limit {
  readonly deadline: number
  readonly alarm: Alarm
  readonly pausedUntil: () => number
}

/** A call that arrived at one moment and is to end by another. */
class Timed extends Stay implements Entry {
  readonly call: Call
  at = NaN
  lane: Lane | undefined = undefined
  before: Entry | undefined = undefined
  after: Entry | undefined = undefined
  readonly #limit: Limit
  #arrivedAt = NaN

  constructor(call: Call, limit: Limit) {
    super()
    this.call = call
    this.#limit = limit
  }

  override enter(at: number) {
    const { call } = this
    const { alarm, deadline } = this.#limit
    const millis = Math.min(call.until - at, call.ask.deadline ?? deadline)
    if (millis === Infinity) return undefined
    this.#arrivedAt = at
    this.at = at + millis
    if (millis <= 0) return this.#late()
    call.until = this.at
    alarm.add(this, at, millis)
    return undefined
  }

  ring() {
    if (this.call.progress?.answering !== true) this.call.cut(this, this.#late())
  }

  override leave() {
    this.#limit.alarm.cancel(this)
    return undefined
  }

  #late() {
    const started = this.call.attempts > 0
    const elapsed = Duration.millis(Math.max(0, this.at - this.#arrivedAt))
    // When a call that has not started could, is not known but for a pause.
    const paused = started ? 0 : this.#limit.pausedUntil() - this.at
    const retryAfter = paused > 0 ? Duration.millis(paused) : undefined
    return new DeadlineExceeded({ limit: "call", started, elapsed, retryAfter })
  }
}
