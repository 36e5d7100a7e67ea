import { Duration, Effect } from "effect"
import { type Call, Stage, withSpecimen } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { clockResolution } from "../../engine/Time.ts"
import { type Lane, type Timed, TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import { DeadlineExceeded } from "../../Rejection.ts"

const fields = {
  /**
   * How long one attempt may take, or until the first chunk of a streamed answer; 1 ms to a day, or `Infinity`; follows a
   * `SubscriptionRef`.
   */
  timeout: Dynamic.field(Field.duration({ infinite: true })),
  /**
   * Longest silence between two chunks of a streamed answer, of the model or of the reader; 1 ms to a day; follows a
   * `SubscriptionRef`. Default: `Infinity`.
   */
  idle: Dynamic.optional(Field.duration({ infinite: true, default: Infinity }))
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Ends one attempt that takes too long.
 *
 * Fails with `DeadlineExceeded`, whose `limit` is `attempt`, or `idle` or `reader` for a silent stream.
 *
 * @example
 * const gate = Timeout.layer({ timeout: "5 millis", idle: "30 seconds" }).pipe(Layer.provide(Gate.layerNoop))
 * const hung = Gate.pass({}, Effect.never).pipe(
 *   Effect.catchReason("Rejection", "DeadlineExceeded", ({ code, limit }) => Effect.succeed([limit, code]))
 * )
 *
 * await Effect.runPromise(Effect.provide(hung, gate)) // => ["attempt", "upstream_timeout"]
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const { idle, timeout } = settings
      if (!idle.binds && !timeout.binds) return undefined
      yield* Dynamic.follow(settings)
      const limits: Limits = { ...settings, timers: yield* TimerQueue.make }
      return withSpecimen((call) => new TimedAttempt(call, limits))
    })
  )

type Limits = Values<typeof fields> & { readonly timers: TimerQueue }

/** An attempt with a time limit, then one between two chunks; it is its own timer. */
class TimedAttempt extends Stage implements Timed {
  readonly call: Call
  at = NaN
  lane: Lane | undefined = undefined
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined
  readonly #limits: Limits
  // Attempts of a Retry beneath that have not stopped: one that was given up may stop while the next runs.
  #running = 0
  // The limits of this attempt: those that come later are for later ones.
  #timeout = NaN
  #idle = NaN
  #chunkAt: number | undefined = undefined
  #unsubscribe: (() => void) | undefined = undefined

  constructor(call: Call, limits: Limits) {
    super()
    this.call = call
    this.#limits = limits
  }

  override start(at: number) {
    const { idle, timeout, timers } = this.#limits
    this.#running++
    this.#idle = idle.current
    this.#timeout = timeout.current
    // A Retry beneath makes several attempts in one stage.
    this.#unsubscribe?.()
    if (this.#idle < Infinity) this.#unsubscribe = this.call.progress?.subscribe(() => this.#onChunk())
    timers.cancel(this)
    if (this.#timeout < Infinity) timers.set(this, at, this.#timeout)
  }

  override stop() {
    if (--this.#running === 0) this.#limits.timers.cancel(this)
  }

  override leave() {
    this.#unsubscribe?.()
    this.#limits.timers.cancel(this)
  }

  // A chunk only notes its time. The timer checks it when it fires, and is set anew for what is left.
  #onChunk() {
    const { timers } = this.#limits
    const first = this.#chunkAt === undefined
    this.#chunkAt = this.call.now()
    if (!first) return
    timers.cancel(this)
    timers.set(this, this.#chunkAt, this.#idle)
  }

  fire(at: number) {
    if (this.#chunkAt === undefined) {
      if (this.call.progress?.firstChunk !== true) this.#cut("attempt", this.#timeout)
      return
    }
    const left = this.#chunkAt + this.#idle - at
    // A timer that is set for less than the clock can tell would fire at once, again and again.
    if (left > clockResolution) this.#limits.timers.set(this, at, left)
    else this.#cut(this.call.progress!.backpressured ? "reader" : "idle", this.#idle)
  }

  #cut(limit: "attempt" | "idle" | "reader", millis: number) {
    const elapsed = Duration.millis(millis)
    this.call.cut(this, new DeadlineExceeded({ limit, started: true, elapsed, retryAfter: undefined }))
  }
}
