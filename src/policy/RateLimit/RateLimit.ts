import { Duration, Effect } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { InvalidOptions } from "../../config/InvalidOptions.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import * as Keyed from "../../engine/Keyed.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import type { Limits } from "../../Limits.ts"
import { RateLimited, type Reason, startsTooLate } from "../../Rejection.ts"
import * as RetryAfter from "../../RetryAfter.ts"
import { Stats } from "../../Stats.ts"
import { nothing, plus, TokenBuckets, type Units } from "./TokenBuckets.ts"

const fields = {
  /** Units that come back per second, 0.001 to 100000, or `Infinity`; follows a `SubscriptionRef`. */
  perSecond: Dynamic.field(Table.limits.requestsPerSecond),
  /** Units that may be taken at once after a quiet time, from 1. Default: 1. */
  burst: Table.stack.burst,
  /** Units that a call takes, from 0. Default: 1. */
  cost: Field.func<(options: ResolvedOptions) => number>({ default: () => 1 }),
  /**
   * Tokens (`CallOptions.tokens`) reserved per minute, from 1; a whole minute's may be taken at once; follows a
   * `SubscriptionRef`. Default: `Infinity`.
   */
  tokensPerMinute: Dynamic.optional(Table.limits.tokensPerMinute),
  /** Longest wait for the units, 1 ms to a day; 0 refuses instead of waiting. Default: `Infinity`. */
  maxWait: Field.duration({ minimum: 0, infinite: true, default: Infinity }),
  /** For how long nothing starts after a failure; an hour at most. Default: the `retryAfter` of a 429. */
  cooldown: Field.func<(error: unknown, options: ResolvedOptions) => Duration.Duration | undefined>({
    default: (error) => Failure.cooldownOf(error)
  }),
  ...Keyed.fields
}

export interface Options extends OptionsOf<typeof fields> {}

type Settings = Values<typeof fields>

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
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const timers = yield* TimerQueue.make
      const queues = yield* Keyed.make(settings, () => new RateQueue(settings, timers))
      yield* Dynamic.follow(settings, () => queues.each((queue) => queue.onRate()))
      const { watch } = yield* Stats.recorder
      const limitsOf = (queue: RateQueue): Limits => {
        watch(() => ({ perSecond: settings.perSecond.current }))
        return {
          cooldownUntil: () => queue.cooldownUntil,
          refusal: (options) => queue.buckets.refusal(queue.unitsOf(options)),
          readyAt: (options, at) => at + queue.waitOf(queue.unitsOf(options), at)
        }
      }
      return queues.policy("rate", (call, queue) => new PacedCall(call, queue), limitsOf)
    })
  )

/**
 * A start that is late by more than this share of its interval is made up for. At slow rates a timer's usual lateness
 * is less.
 */
const lateShare = 0.004

/** Lets calls wait in line until the buckets have the units they cost and the cooldown is over. */
class RateQueue implements Keyed.State {
  readonly settings: Settings
  readonly buckets: TokenBuckets
  readonly #timers: TimerQueue
  // Only the first in line looks at the buckets: no call overtakes, and a wait that ends early took nothing.
  readonly #line = new Fifo<PacedCall>()
  /** What the calls in line will take. */
  #claimed: Units = nothing
  readonly #timer = new Timer(() => this.#look())
  cooldownUntil = -Infinity
  /** Calls that were let in and have not left: they may bring a cooldown. */
  calls = 0

  constructor(settings: Settings, timers: TimerQueue) {
    this.settings = settings
    this.buckets = new TokenBuckets(settings)
    this.#timers = timers
  }

  /** A bucket that is not full is a debt. */
  isIdle(at: number): boolean {
    return this.calls === 0 && this.cooldownUntil <= at && this.buckets.areFull(at)
  }

  /** A rate has changed. */
  onRate(): void {
    this.buckets.onRate(this.#timers.now())
    this.#look()
  }

  /** What a call takes. */
  unitsOf(options: ResolvedOptions): Units {
    const starts = this.settings.cost(options)
    if (starts >= 0) return { starts, tokens: options.tokens }
    throw new InvalidOptions({ problems: [{ name: "cost", value: String(starts), allowed: "a number from 0" }] })
  }

  /** Takes the units of a call that comes, or lets it wait for them; returns why it must not wait. */
  enter(call: PacedCall, at: number): Reason | typeof waits | undefined {
    const { deadlineAt } = call.call
    const { units } = call
    const refusal = this.buckets.refusal(units)
    if (refusal !== undefined) return refusal
    if (this.#line.size === 0 && this.#due(units, at) <= at + clockResolution) {
      this.calls++
      call.taken = this.buckets.take(units, at)
      return undefined
    }
    call.waitsFor = this.buckets.slowest(plus(this.#claimed, units), at)
    // The line is known, so this is no prediction.
    const wait = this.waitOf(units, at)
    const excess = wait - this.settings.maxWait
    if (excess > clockResolution) {
      return new RateLimited({ retryAfter: Duration.millis(excess), waitsFor: call.waitsFor })
    }
    if (at + wait - deadlineAt >= clockResolution) return startsTooLate(at + wait - deadlineAt, call.waitsFor)
    this.calls++
    this.#line.add(call)
    this.#claimed = plus(this.#claimed, units)
    if (this.#line.size === 1) this.#look()
    return waits
  }

  /** Leaves the line, or puts back units that were taken and not used. */
  giveUp(call: PacedCall): void {
    if (!this.#leave(call)) this.buckets.putBack(call.units, call.taken)
    this.#look()
  }

  /** Milliseconds that a call which arrives now would wait behind the line. */
  waitOf(units: Units, at: number): number {
    // Nothing is taken during a cooldown, and no more than a burst is saved up.
    return Math.max(0, this.#due(plus(this.#claimed, units), Math.max(at, this.cooldownUntil)) - at)
  }

  /** Lets the calls whose units are due go on, and sets the timer for the next. */
  #look(): void {
    const { at: dueAt } = this.#timer
    this.#timers.cancel(this.#timer)
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#timers.now()
      const due = this.#due(first.units, now)
      if (due > now + clockResolution) return this.#timers.set(this.#timer, now, due - now)
      first.taken = this.buckets.take(first.units, this.#punctual(dueAt, now))
      this.#leave(first)
      first.call.proceed(first)
    }
  }

  /**
   * The moment as of which a start takes its units: when it was due, if it is a little late, else now.
   *
   * A timer is late by a millisecond or so, which at a high rate adds up unless the next start comes that much earlier.
   * No two starts come closer than half their interval.
   */
  #punctual(due: number, now: number): number {
    const { interval } = this.buckets.starts
    const late = now - due
    return late > lateShare * interval && late < interval / 2 ? due : now
  }

  /** When the units can be taken, as the buckets are now. */
  #due(units: Units, now: number): number {
    return Math.max(this.cooldownUntil, this.buckets.due(units, now))
  }

  /** Takes a call out of the line; returns whether it was there. */
  #leave(call: PacedCall): boolean {
    const waited = this.#line.remove(call)
    if (waited) this.#claimed = this.#line.size === 0 ? nothing : plus(this.#claimed, call.units, -1)
    return waited
  }
}

/** A call that takes its units, if necessary after a wait in line. */
class PacedCall extends Stage implements Linked<PacedCall> {
  readonly call: Call
  readonly #queue: RateQueue
  previous: PacedCall | undefined = undefined
  next: PacedCall | undefined = undefined
  units: Units = nothing
  /** Where the buckets stood when they were taken. */
  taken: Units = nothing
  override waitsFor: "rate" | "token" = "rate"
  /** Attempts that had begun when this one came. */
  #before = 0

  constructor(call: Call, queue: RateQueue) {
    super()
    this.call = call
    this.#queue = queue
  }

  override enter(at: number) {
    const { attempts, options } = this.call
    this.#before = attempts
    this.units = this.#queue.unitsOf(options)
    return this.#queue.enter(this, at)
  }

  override leave(end: End, at: number) {
    const queue = this.#queue
    queue.calls--
    if (this.call.attempts === this.#before) return queue.giveUp(this)
    const { cooldown } = queue.settings
    const millis = RetryAfter.millisAskedBy(end, (error) => cooldown(error, this.call.options))
    if (millis > 0) queue.cooldownUntil = Math.max(queue.cooldownUntil, at + millis)
  }
}
