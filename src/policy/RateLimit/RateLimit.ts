import { Duration, Effect, Exit } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waitingFor, waits } from "../../Call.ts"
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
import { NeverAdmissible, RateLimited, startsTooLate } from "../../Rejection.ts"
import * as RetryAfter from "../../RetryAfter.ts"
import { Stats } from "../../Stats.ts"
import { TokenBucket } from "./TokenBucket.ts"

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
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      const timers = yield* TimerQueue.make
      const queues = yield* Keyed.make(settings, () => new RateQueue(settings, timers))
      yield* settings.perSecond.follow(() => queues.each((queue) => queue.onRate()))
      yield* settings.tokensPerMinute.follow(() => queues.each((queue) => queue.onRate()))
      const policy = waitingFor(
        "rate",
        queues.policy((call, queue) => new PacedCall(call, queue))
      )
      const queue = queues.single
      // The rate of one key is not that of the gate.
      if (queue === undefined) return policy
      yield* Stats.watch(() => ({ perSecond: settings.perSecond.current }))
      return {
        policy,
        cooldownUntil: () => Math.max(queue.cooldownUntil, beneath.cooldownUntil?.() ?? -Infinity),
        refusal: (options: ResolvedOptions, at: number) =>
          queue.refusal(unitsOf(options, settings)) ?? beneath.refusal?.(options, at),
        readyAt: (options: ResolvedOptions, at: number) =>
          Math.max(at + queue.waitOf(unitsOf(options, settings), at), beneath.readyAt?.(options, at) ?? at)
      }
    })
  )

/**
 * A start that is late by more than this share of its interval is made up for. At slow rates a timer's usual lateness
 * is less.
 */
const lateShare = 0.004

/** Lets calls wait in line until every bucket has the units they cost and the cooldown is over. */
class RateQueue implements Keyed.State {
  readonly settings: Settings
  readonly #starts: TokenBucket
  /** The bucket of starts, and that of tokens if they are limited. */
  readonly #buckets: ReadonlyArray<TokenBucket>
  readonly #timers: TimerQueue
  // Only the first in line looks at the buckets: no call overtakes, and a wait that ends early took nothing.
  readonly #line = new Fifo<PacedCall>()
  /** Units of each bucket that the calls in line will take. */
  readonly #claimed = [0, 0]
  readonly #timer = new Timer(() => this.#look())
  cooldownUntil = -Infinity
  /** Calls that were let in and have not left: they may bring a cooldown. */
  calls = 0

  constructor(settings: Settings, timers: TimerQueue) {
    const { burst, perSecond, tokensPerMinute } = settings
    const tokens = tokensPerMinute.current
    this.settings = settings
    this.#starts = new TokenBucket(perSecond.current, burst)
    this.#buckets = tokensPerMinute.binds
      ? [this.#starts, new TokenBucket(tokens / 60, tokenBurst(tokens))]
      : [this.#starts]
    this.#timers = timers
  }

  /** A bucket that is not full is a debt. */
  isIdle(at: number): boolean {
    return this.calls === 0 && this.cooldownUntil <= at && this.#buckets.every((bucket) => bucket.isFull(at))
  }

  /** A rate has changed. */
  onRate(): void {
    const tokens = this.settings.tokensPerMinute.current
    const now = this.#timers.now()
    this.#starts.setRate(this.settings.perSecond.current, now)
    this.#buckets[1]?.setRate(tokens / 60, now, tokenBurst(tokens))
    this.#look()
  }

  /** The refusal of a call that takes more of a bucket than that can ever give. */
  refusal(units: ReadonlyArray<number>): NeverAdmissible | undefined {
    for (let i = 0; i < units.length; i++) {
      const { burst: capacity, maxCost } = this.#buckets[i]!
      const limit = i === 0 ? "rate" : "tokens"
      if (units[i]! > maxCost) return new NeverAdmissible({ limit, asked: units[i]!, capacity })
    }
    return undefined
  }

  /** Takes the units if they are due and no call waits; returns whether it did. */
  tryTake(call: PacedCall, at: number): boolean {
    const isDue = this.#line.size === 0 && this.#due(call.units, at) <= at + clockResolution
    if (isDue) this.#take(call, at)
    return isDue
  }

  wait(call: PacedCall): void {
    this.#line.add(call)
    this.#claim(call, 1)
    if (this.#line.size === 1) this.#look()
  }

  /** Leaves the line, or puts back units that were taken and not used. */
  giveUp(call: PacedCall): void {
    if (this.#line.remove(call)) this.#claim(call, -1)
    else this.#buckets.forEach((bucket, i) => bucket.putBack(call.units[i]!, call.taken[i]!))
    this.#look()
  }

  /** Milliseconds that a call which arrives now would wait behind the line. */
  waitOf(units: ReadonlyArray<number>, at: number): number {
    // Nothing is taken during a cooldown, and no more than a burst is saved up.
    return Math.max(0, this.#due(this.#behindLine(units), Math.max(at, this.cooldownUntil)) - at)
  }

  /** Which of the buckets has the units of such a call last. */
  slowest(units: ReadonlyArray<number>, at: number): number {
    const due = this.#behindLine(units).map((each, i) => this.#buckets[i]!.due(each, at))
    return due.indexOf(Math.max(...due))
  }

  /** The units of a call and of all that wait. */
  #behindLine(units: ReadonlyArray<number>): ReadonlyArray<number> {
    return units.map((each, i) => each + this.#claimed[i]!)
  }

  /** Lets the calls whose units are due go on, and sets the timer for the next. */
  #look(): void {
    const { at: dueAt } = this.#timer
    this.#timers.cancel(this.#timer)
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#timers.now()
      const due = this.#due(first.units, now)
      if (due > now + clockResolution) return this.#timers.set(this.#timer, now, due - now)
      this.#take(first, this.#punctual(dueAt, now))
      this.#line.remove(first)
      this.#claim(first, -1)
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
    const { interval } = this.#starts
    const late = now - due
    return late > lateShare * interval && late < interval / 2 ? due : now
  }

  #claim({ units }: PacedCall, sign: 1 | -1): void {
    for (let i = 0; i < units.length; i++) this.#claimed[i]! += sign * units[i]!
  }

  /** When the units can be taken, as the buckets are now. */
  #due(units: ReadonlyArray<number>, now: number): number {
    let due = this.cooldownUntil
    for (const [i, bucket] of this.#buckets.entries()) due = Math.max(due, bucket.due(units[i]!, now))
    return due
  }

  #take(call: PacedCall, now: number): void {
    const first = this.#starts.take(call.units[0]!, now)
    call.taken = this.#buckets.length === 1 ? [first] : [first, this.#buckets[1]!.take(call.units[1]!, now)]
  }
}

/** A whole minute's tokens may be taken at once; without a limit the burst has no meaning. */
const tokenBurst = (perMinute: number): number => (perMinute === Infinity ? 1 : perMinute)

/** The units of each bucket that a call takes. */
const unitsOf = (options: ResolvedOptions, settings: Settings): ReadonlyArray<number> => {
  const cost = settings.cost(options)
  if (!(cost >= 0)) {
    throw new InvalidOptions({ problems: [{ name: "cost", value: String(cost), allowed: "a number from 0" }] })
  }
  return settings.tokensPerMinute.binds ? [cost, options.tokens] : [cost]
}

/** A call that takes its units, if necessary after a wait in line. */
class PacedCall extends Stage implements Linked<PacedCall> {
  readonly call: Call
  readonly #queue: RateQueue
  previous: PacedCall | undefined = undefined
  next: PacedCall | undefined = undefined
  /** Units of each bucket that the call takes. */
  units: ReadonlyArray<number> = []
  /** What was taken of each bucket, to be put back if the call never starts. */
  taken: ReadonlyArray<number> = []
  override waitsFor: "rate" | "token" = "rate"
  /** Attempts that had begun when this one came. */
  #before = 0

  constructor(call: Call, queue: RateQueue) {
    super()
    this.call = call
    this.#queue = queue
  }

  override enter(at: number) {
    const queue = this.#queue
    const { settings } = queue
    const { attempts, deadlineAt, options } = this.call
    this.#before = attempts
    this.units = unitsOf(options, settings)
    const refusal = queue.refusal(this.units)
    if (refusal !== undefined) return refusal
    if (queue.tryTake(this, at)) {
      queue.calls++
      return undefined
    }
    this.waitsFor = queue.slowest(this.units, at) === 0 ? "rate" : "token"
    // The line is known, so this is no prediction.
    const wait = queue.waitOf(this.units, at)
    const late = at + wait - deadlineAt
    const { waitsFor } = this
    const excess = wait - settings.maxWait
    if (excess > clockResolution) return new RateLimited({ retryAfter: Duration.millis(excess), waitsFor })
    if (late >= clockResolution) return startsTooLate(late, waitsFor)
    queue.calls++
    queue.wait(this)
    return waits
  }

  override leave(end: End, at: number) {
    const queue = this.#queue
    queue.calls--
    if (this.call.attempts === this.#before) return queue.giveUp(this)
    if (Exit.isSuccess(end)) return
    const { cooldown } = queue.settings
    const millis = RetryAfter.millisAskedBy(end, (error) => cooldown(error, this.call.options))
    if (millis > 0) queue.cooldownUntil = Math.max(queue.cooldownUntil, at + millis)
  }
}
