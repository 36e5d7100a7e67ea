import { Duration, Effect } from "effect"
import { type Call, type End, passing, Stage, type Target, targetOf, waitingFor, waits } from "../../Call.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Draining } from "../../Drain.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import { RateLimited, shuttingDown, startsTooLate } from "../../Rejection.ts"
import * as RetryAfter from "../../RetryAfter.ts"
import { Cooldowns } from "./Cooldowns.ts"

const fields = {
  /** Calls that may wait for the end of a cooldown, a whole number from 0, or `Infinity`. Default: 50. */
  capacity: Table.limits.maxQueueSize
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Keeps calls from a model that answered 429 until its `retry-after`, and other models' calls going.
 *
 * Only calls that name a model are kept: those of the gateway, of a provider's `fetch`, and with the option `model`. If
 * several models of one endpoint are cooled down at once, the endpoint is. A call waits outside the queue and holds nothing.
 * Fails with `RateLimited` if too many wait, and with `DeadlineExceeded` if the cooldown ends after the call's deadline.
 *
 * @example
 * const gate = Cooldown.layer({ capacity: 50 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({}, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options = {}) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const { capacity } = yield* decode(fields, options)
      const draining = yield* Draining
      const waiting = new Set<CooledCall>()
      const rules: Rules = { capacity, cooldowns: new Cooldowns(), timers: yield* TimerQueue.make, waiting }
      if (draining.possible) {
        yield* draining.onEnd(() => change(() => waiting.forEach((each) => each.call.cut(each, shuttingDown))))
      }
      return {
        policy: waitingFor("cooldown", (call) => {
          const asked = call.route ?? targetOf(call.options)
          return asked === undefined ? passing : new CooledCall(call, asked, rules)
        }),
        cooledUntil: (asked, at) => rules.cooldowns.startsAt(asked, at)
      }
    })
  )

interface Rules {
  readonly capacity: number
  readonly cooldowns: Cooldowns
  readonly timers: TimerQueue
  readonly waiting: Set<CooledCall>
}

/** A call that waits, if it must, until the cooldown of its model is over. */
class CooledCall extends Stage {
  readonly call: Call
  readonly #rules: Rules
  readonly #target: Target
  /** Attempts that had begun when this one came. */
  #before = 0
  #timer: Timer | undefined = undefined

  constructor(call: Call, asked: Target, rules: Rules) {
    super()
    this.call = call
    this.#rules = rules
    this.#target = asked
  }

  override enter(at: number) {
    this.#before = this.call.attempts
    const wait = this.#waitAt(at)
    if (wait === 0) return undefined
    const { capacity, timers, waiting } = this.#rules
    const late = at + wait - this.call.deadlineAt
    if (late >= clockResolution) return startsTooLate(late, "cooldown")
    if (waiting.size >= capacity) return new RateLimited({ retryAfter: Duration.millis(wait) })
    waiting.add(this)
    this.#timer = new Timer(() => this.#wake())
    timers.set(this.#timer, at, wait)
    return waits
  }

  override leave(end: End, at: number) {
    this.#stopWaiting()
    if (this.call.attempts === this.#before) return
    const millis = RetryAfter.millisAskedBy(end, Failure.cooldownOf)
    if (millis > 0) this.#rules.cooldowns.coolDown(this.#target, at + millis)
  }

  #waitAt(at: number): number {
    const wait = this.#rules.cooldowns.startsAt(this.#target, at) - at
    return wait >= clockResolution ? wait : 0
  }

  /** Lets the call on, unless its model has been cooled down again meanwhile. */
  #wake(): void {
    const at = this.call.now()
    const wait = this.#waitAt(at)
    if (wait > 0) return this.#rules.timers.set(this.#timer!, at, wait)
    this.#stopWaiting()
    this.call.proceed(this)
  }

  #stopWaiting(): void {
    if (!this.#rules.waiting.delete(this)) return
    this.#rules.timers.cancel(this.#timer!)
  }
}
