import { Cause, Duration, Effect, Exit, Option } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type For } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution } from "../../engine/Time.ts"
import { TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import { DeadlineExceeded, NeverAdmissible, RateLimited } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { RateQueue, type Waiter } from "./RateQueue.ts"
import { TokenBucket } from "./TokenBucket.ts"

export interface Options {
  /** Units that come back per second, 0.001 to 100000, or `Infinity`; follows a `SubscriptionRef`. */
  readonly perSecond: Dynamic.Dynamic
  /** Units that may be taken at once after a quiet time, from 1. Default: 1. */
  readonly burst?: number | undefined
  /** Units that a call takes, from 0. Default: 1. */
  readonly cost?: ((options: ResolvedOptions) => number) | undefined
  /**
   * Tokens (`CallOptions.tokens`) reserved per minute, from 1; a whole minute's may be taken at once. Default:
   * `Infinity`.
   */
  readonly tokensPerMinute?: number | undefined
  /** Longest wait for the units, 1 ms to a day; 0 refuses instead of waiting. Default: `Infinity`. */
  readonly maxWait?: Duration.Input | undefined
  /** For how long nothing starts after a failure; an hour at most. Default: the `retryAfter` of a 429. */
  readonly cooldown?: ((error: unknown, options: ResolvedOptions) => Duration.Duration | undefined) | undefined
}

const fields = {
  perSecond: Dynamic.field(Field.required(Table.limits.requestsPerSecond)),
  burst: Table.stack.burst,
  cost: Field.func({ default: (_options: ResolvedOptions): number => 1 }),
  tokensPerMinute: Table.limits.tokensPerMinute,
  maxWait: Field.duration({ minimum: 0, infinite: true, default: Infinity }),
  cooldown: Field.func({
    default: (error: unknown, _options: ResolvedOptions): Duration.Duration | undefined => Failure.cooldownOf(error)
  })
} satisfies For<Options>

/** An upstream's mistake must not stop the gate for ever. */
const longestCooldown = 3_600_000

/**
 * Delays calls so that any stretch of time `t` holds at most `burst + perSecond * t` units of starts.
 *
 * Calls wait in line, and each takes its units when they are due; a wait that ends early has taken nothing. Fails with
 * `RateLimited` beyond `maxWait`, with `DeadlineExceeded` if the call could not start in time, and with
 * `NeverAdmissible` for a cost above the burst. After a 429 of the model nothing starts until its `retry-after`.
 *
 * Token bucket as a generic cell rate algorithm (ITU-T I.371). A start that comes late is made up for by the next.
 *
 * @example
 * const gate = RateLimit.layer({ perSecond: 100, maxWait: 0 }).pipe(Layer.provide(Gate.layerNoop))
 * const call = Gate.pass({}, askModel).pipe(
 *   Effect.catchReason("Rejection", "RateLimited", ({ code }) => Effect.succeed(code))
 * )
 *
 * await Effect.runPromise(Effect.provide(Effect.all([call, call]), gate)) // => ["an answer", "rate_limited"]
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const { burst, cooldown, cost, maxWait, perSecond, tokensPerMinute: tokens } = yield* decode(fields, options)
      const starts = new TokenBucket(perSecond.current, burst)
      const buckets = tokens === Infinity ? [starts] : [starts, new TokenBucket(tokens / 60, tokens)]
      const queue = new RateQueue(buckets, yield* TimerQueue.make, cost)
      const { watch } = yield* Stats.recorder
      watch(() => ({ perSecond: starts.perSecond }))
      yield* perSecond.follow((rate) => change(() => queue.setRate(0, rate)))
      return {
        policy: (call: Call) => new PacedCall(call, queue, { maxWait, cooldown }),
        cooldownUntil: () => Math.max(queue.cooldownUntil, beneath.cooldownUntil?.() ?? -Infinity)
      }
    })
  )

interface Rules {
  readonly maxWait: number
  readonly cooldown: (error: unknown, options: ResolvedOptions) => Duration.Duration | undefined
}

/** A call that takes its units, if necessary after a wait in line. */
class PacedCall extends Stage implements Waiter {
  readonly call: Call
  readonly #queue: RateQueue
  readonly #rules: Rules
  units: ReadonlyArray<number> = []
  taken: ReadonlyArray<number> | undefined = undefined
  waiting = false
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  /** Attempts that had begun when this one came. */
  #before = 0

  constructor(call: Call, queue: RateQueue, rules: Rules) {
    super()
    this.call = call
    this.#queue = queue
    this.#rules = rules
  }

  get options() {
    return this.call.options
  }

  override enter(at: number) {
    const queue = this.#queue
    const { maxWait } = this.#rules
    this.#before = this.call.attempts
    const units = queue.unitsOf(this.options)
    this.units = units
    const small = queue.tooSmall(units)
    if (small >= 0) {
      const limit = small === 0 ? "rate" : "tokens"
      return new NeverAdmissible({ limit, asked: units[small]!, capacity: queue.burstOf(small) })
    }
    const wait = maxWait === Infinity ? 0 : queue.waitOf(units, at)
    if (wait > maxWait + clockResolution) return new RateLimited({ retryAfter: Duration.millis(wait - maxWait) })
    if (queue.tryTake(this, at)) return undefined
    // The line is known, so this is no prediction.
    const late = at + queue.waitOf(units, at) - this.call.deadlineAt
    if (late >= clockResolution) {
      return new DeadlineExceeded({
        limit: "call",
        started: false,
        elapsed: Duration.zero,
        retryAfter: Duration.millis(late)
      })
    }
    queue.wait(this)
    return waits
  }

  wake() {
    this.call.proceed(this)
  }

  override leave(end: End, at: number) {
    if (this.call.attempts > this.#before) this.#coolDown(end, at)
    else this.#queue.giveUp(this)
    return undefined
  }

  #coolDown(end: End, at: number) {
    if (Exit.isSuccess(end)) return
    const { cooldown } = this.#rules
    const asked = Option.map(Cause.findErrorOption(end.cause), (error) => cooldown(error, this.options))
    const millis = Duration.toMillis(Option.getOrUndefined(asked) ?? Duration.zero)
    if (millis <= 0) return
    const until = at + Math.min(millis, longestCooldown)
    this.#queue.cooldownUntil = Math.max(this.#queue.cooldownUntil, until)
  }
}
