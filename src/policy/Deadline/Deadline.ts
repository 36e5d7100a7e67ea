import { Duration, Effect } from "effect"
import { type Call, Stage, withSpecimen } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import { type Lane, type Timed, TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import type { Limits } from "../../Limits.ts"
import { DeadlineExceeded } from "../../Rejection.ts"

const fields = {
  /**
   * How long a call that names no deadline may take in all, waiting and retries included; 1 ms to a day, or `Infinity`.
   */
  deadline: Field.required(Field.duration({ infinite: true }))
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Ends a call by its deadline, whatever it is doing then.
 *
 * Fails with `DeadlineExceeded`; `started` tells whether the model had been called. A streamed answer meets its
 * deadline with its first chunk. The deadline of a gate further out is never extended.
 *
 * @example
 * const gate = Deadline.layer({ deadline: "2 minutes" }).pipe(Layer.provide(Gate.layerNoop))
 * const late = Gate.pass({ deadline: "5 millis" }, Effect.never).pipe(
 *   Effect.catchReason("Rejection", "DeadlineExceeded", ({ started }) => Effect.succeed({ started }))
 * )
 *
 * await Effect.runPromise(Effect.provide(late, gate)) // => { started: true }
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const limit = { ...(yield* decode(fields, options)), beneath, timers: yield* TimerQueue.make }
      return withSpecimen((call) => new TimedCall(call, limit))
    })
  )

type Limit = Values<typeof fields> & { readonly beneath: Limits; readonly timers: TimerQueue }

/** A call with a deadline; it is its own timer. */
class TimedCall extends Stage implements Timed {
  readonly call: Call
  at = NaN
  lane: Lane | undefined = undefined
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  readonly #limit: Limit
  #arrivedAt = NaN

  constructor(call: Call, limit: Limit) {
    super()
    this.call = call
    this.#limit = limit
  }

  override enter(at: number) {
    const { deadline, timers } = this.#limit
    const millis = Math.min(this.call.deadlineAt - at, this.call.options.deadline ?? deadline)
    if (millis === Infinity) return undefined
    this.#arrivedAt = at
    this.at = at + millis
    if (millis <= 0) return this.#exceeded()
    this.call.deadlineAt = this.at
    timers.set(this, at, millis)
    return undefined
  }

  fire() {
    if (this.call.progress?.firstChunk !== true) this.call.cut(this, this.#exceeded())
  }

  override leave() {
    this.#limit.timers.cancel(this)
  }

  #exceeded() {
    const started = this.call.attempts > 0
    const elapsed = Duration.millis(Math.max(0, this.at - this.#arrivedAt))
    // A call that has not started can start after the cooldown; nothing else is known of when.
    const cooldown = started ? 0 : (this.#limit.beneath.cooldownUntil?.() ?? -Infinity) - this.at
    const retryAfter = cooldown > 0 ? Duration.millis(cooldown) : undefined
    return new DeadlineExceeded({ limit: "call", started, elapsed, retryAfter })
  }
}
