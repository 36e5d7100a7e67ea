import { Duration, Effect } from "effect"
import { type Call, Stage } from "../../Call.ts"
import * as Range from "../../config/Range.ts"
import { clockResolution } from "../../engine/Time.ts"
import { type Lane, type Timed, TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import { DeadlineExceeded } from "../../Rejection.ts"

export interface Options {
  /** How long one attempt may take, or until the first chunk of a streamed answer; 1 ms to a day, or `Infinity`. */
  readonly timeout: Duration.Input
  /** Longest silence between two chunks of a streamed answer, be it the model's or the reader's; 1 ms to a day. Default: `Infinity`. */
  readonly idle?: Duration.Input | undefined
}

const names: Range.Names<Options> = { timeout: true, idle: true }

/**
 * Ends one attempt that takes too long.
 *
 * Fails with `DeadlineExceeded`, whose `limit` is `attempt`, or `idle` or `reader` for a silent stream.
 *
 * @example
 * const patient = Timeout.layer({ timeout: "60 seconds", idle: "30 seconds" }).pipe(Layer.provide(Gate.layerNoop))
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const timeout = checker.duration("timeout", given.timeout, Range.millis)
      const idle = checker.duration("idle", given.idle, Range.millis, Infinity)
      yield* checker.done
      if (timeout === Infinity && idle === Infinity) return undefined
      const limits: Limits = { timeout, idle, timers: yield* TimerQueue.make }
      return (call: Call) => new TimedAttempt(call, limits)
    })
  )

interface Limits {
  readonly timeout: number
  readonly idle: number
  readonly timers: TimerQueue
}

/** An attempt that may take so long, and then so long between two chunks: the timer of its own. */
class TimedAttempt extends Stage implements Timed {
  readonly call: Call
  at = NaN
  lane: Lane | undefined = undefined
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  readonly #limits: Limits
  #chunkAt: number | undefined = undefined
  #unsubscribe: (() => void) | undefined = undefined

  constructor(call: Call, limits: Limits) {
    super()
    this.call = call
    this.#limits = limits
  }

  override start(at: number) {
    const { idle, timeout, timers } = this.#limits
    // A Retry beneath makes several attempts in one stage.
    this.#unsubscribe?.()
    if (idle < Infinity) this.#unsubscribe = this.call.progress?.subscribe(() => this.#onChunk())
    timers.cancel(this)
    if (timeout < Infinity) timers.set(this, at, timeout)
    return undefined
  }

  override stop() {
    this.#limits.timers.cancel(this)
  }

  override leave() {
    this.#unsubscribe?.()
    this.#limits.timers.cancel(this)
    return undefined
  }

  // A chunk only notes its time: the timer looks at it when it fires, and is set anew for what is left.
  #onChunk() {
    const { idle, timers } = this.#limits
    const first = this.#chunkAt === undefined
    this.#chunkAt = this.call.now()
    if (!first) return
    timers.cancel(this)
    timers.set(this, this.#chunkAt, idle)
  }

  fire(at: number) {
    const { idle, timeout, timers } = this.#limits
    const { progress } = this.call
    if (this.#chunkAt === undefined) {
      if (progress?.firstChunk !== true) this.#cut("attempt", timeout)
      return
    }
    const left = this.#chunkAt + idle - at
    // A timer that is set for less than the clock can tell would fire at once, again and again.
    if (left > clockResolution) timers.set(this, at, left)
    else this.#cut(progress!.backpressured ? "reader" : "idle", idle)
  }

  #cut(limit: "attempt" | "idle" | "reader", millis: number) {
    const elapsed = Duration.millis(millis)
    this.call.cut(this, new DeadlineExceeded({ limit, started: true, elapsed, retryAfter: undefined }))
  }
}
