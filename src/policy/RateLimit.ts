import { Cause, Duration, Effect, Exit, Option, type SubscriptionRef } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Failure from "../domain/Failure.ts"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, NeverAdmissible, RateLimited } from "../domain/Rejection.ts"
import { Bucket } from "../internal/Bucket.ts"
import { Fifo, type Link } from "../internal/Fifo.ts"
import * as Live from "../internal/Live.ts"
import { grain, now, type Now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"
import { Alarm, Bell } from "../internal/Alarm.ts"
import { type Call, type End, Stay, waits } from "../engine/Call.ts"
import { change } from "../engine/Loop.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** Units that come back per second, 0.001 to 100000, or `Infinity`; a `SubscriptionRef` changes it while calls wait. */
  readonly perSecond: number | SubscriptionRef.SubscriptionRef<number>
  /** Units that may be spent at once after a quiet time, from 1; 1. */
  readonly burst?: number | undefined
  /** Units a call costs, from 0; 1. */
  readonly cost?: ((ask: Ask) => number) | undefined
  /** Tokens (`Ask.tokens`) reserved per minute, from 1; a whole minute's may be spent at once. `Infinity`, no such limit. */
  readonly tokensPerMinute?: number | undefined
  /** Longest wait for the units, 1 ms to a day; 0 refuses instead of waiting; `Infinity`, no such limit. */
  readonly maxWait?: Duration.Input | undefined
  /** For how long a failure asks that nothing starts; the `retryAfter` of a 429 by default, an hour at most. */
  readonly pause?: ((error: unknown) => Duration.Duration | undefined) | undefined
}

const names: Range.Names<Options> = {
  perSecond: true,
  burst: true,
  cost: true,
  tokensPerMinute: true,
  maxWait: true,
  pause: true
}

/** An upstream's slip must not stop the gate for ever. */
const longestPause = 3_600_000

/** Delays calls so that any stretch of time `t` holds at most `burst + perSecond * t` units of starts. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* (beneath) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const perSecond = checker.number("perSecond", Live.current(given.perSecond), Range.perSecond)
      const burst = checker.number("burst", given.burst, Range.burst, 1)
      const tokens = checker.number("tokensPerMinute", given.tokensPerMinute, Range.tokensPerMinute, Infinity)
      const maxWait = checker.duration("maxWait", given.maxWait, { ...Range.millis, minimum: 0 }, Infinity)
      const cost = checker.function("cost", given.cost, () => 1)
      const pause = checker.function("pause", given.pause, Failure.pauseOf)
      yield* checker.done
      const starts = new Bucket(perSecond, burst)
      const buckets = tokens === Infinity ? [starts] : [starts, new Bucket(tokens / 60, tokens)]
      const pacer = new Pacer(buckets, yield* now, yield* Alarm.make, { cost, maxWait, pause })
      const { watch } = yield* Stats.recorder
      watch(() => ({ perSecond: starts.perSecond }))
      yield* Live.follow("perSecond", options.perSecond, Range.perSecond, (rate) => change(() => pacer.retime(0, rate)))
      return {
        policy: (call: Call) => new Paced(call, pacer),
        pausedUntil: () => Math.max(pacer.pausedUntil, beneath.pausedUntil?.() ?? -Infinity)
      }
    })
  )

interface Rules {
  readonly cost: (ask: Ask) => number
  readonly maxWait: number
  readonly pause: (error: unknown) => Duration.Duration | undefined
}

/** A call that takes its units, perhaps after a wait in the line. */
class Paced extends Stay {
  readonly call: Call
  readonly #pacer: Pacer
  units: ReadonlyArray<number> = []
  /** What was taken, to be put back if the call never starts. */
  taken: ReadonlyArray<number> | undefined = undefined
  place: Link<Paced> | undefined = undefined
  #started = false

  constructor(call: Call, pacer: Pacer) {
    super()
    this.call = call
    this.#pacer = pacer
  }

  override enter(at: number) {
    return this.#pacer.enter(this, at)
  }

  override start() {
    this.#started = true
    return undefined
  }

  override leave(exit: End) {
    if (this.#started) this.#pacer.heed(exit)
    else this.#pacer.giveUp(this)
    return undefined
  }
}

/** Makes calls wait, one behind the other, until every bucket has what they cost and no pause is on. */
class Pacer {
  readonly #buckets: ReadonlyArray<Bucket>
  readonly #now: Now
  readonly #alarm: Alarm
  readonly #rules: Rules
  // Only the first in line looks at the buckets, so nobody overtakes and a wait that ends early has taken nothing.
  readonly #line = new Fifo<Paced>()
  readonly #waiting: Array<number>
  readonly #bell = new Bell(() => change(() => this.#look()))
  pausedUntil = -Infinity

  constructor(buckets: ReadonlyArray<Bucket>, now: Now, alarm: Alarm, rules: Rules) {
    this.#buckets = buckets
    this.#now = now
    this.#alarm = alarm
    this.#rules = rules
    this.#waiting = buckets.map(() => 0)
  }

  enter(paced: Paced, at: number) {
    const { ask, until } = paced.call
    const units = this.#buckets.length === 1 ? [this.#rules.cost(ask)] : [this.#rules.cost(ask), ask.tokens]
    paced.units = units
    for (let i = 0; i < units.length; i++) {
      const { burst, reach } = this.#buckets[i]!
      if (units[i]! > reach) return new NeverAdmissible({ limit: i === 0 ? "rate" : "tokens", asked: units[i]!, capacity: burst })
    }
    const { maxWait } = this.#rules
    const over = maxWait === Infinity ? 0 : this.#wait(units, at) - maxWait
    if (over > grain) return new RateLimited({ retryAfter: Duration.millis(over) })
    if (this.#line.size === 0 && this.#due(units, at) <= at + grain) {
      this.#take(paced, at)
      return undefined
    }
    // Here it is no guess that a call could not start before its deadline.
    const late = until === Infinity ? 0 : at + this.#wait(units, at) - until
    if (late >= grain) {
      return new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter: Duration.millis(late) })
    }
    paced.place = this.#line.add(paced)
    for (let i = 0; i < units.length; i++) this.#waiting[i]! += units[i]!
    if (this.#line.size === 1) this.#look()
    return waits
  }

  giveUp(paced: Paced): void {
    if (paced.place !== undefined) this.#out(paced)
    else if (paced.taken !== undefined) this.#buckets.forEach((bucket, i) => bucket.putBack(paced.units[i]!, paced.taken![i]!))
    this.#look()
  }

  heed(exit: End): void {
    if (Exit.isSuccess(exit)) return
    const asked = Option.map(Cause.findErrorOption(exit.cause), this.#rules.pause)
    const millis = Duration.toMillis(Option.getOrUndefined(asked) ?? Duration.zero)
    if (millis > 0) this.pausedUntil = Math.max(this.pausedUntil, this.#now() + Math.min(millis, longestPause))
  }

  retime(bucket: number, perSecond: number): void {
    this.#buckets[bucket]!.retime(perSecond, this.#now())
    this.#look()
  }

  /** Lets go on who may, and looks again when the next one may. */
  #look(): void {
    this.#alarm.cancel(this.#bell)
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#now()
      const due = this.#due(first.units, now)
      if (due > now + grain) return this.#alarm.add(this.#bell, now, due - now)
      this.#take(first, now)
      this.#out(first)
      first.call.proceed()
    }
  }

  #out(paced: Paced): void {
    this.#line.remove(paced.place!)
    paced.place = undefined
    for (let i = 0; i < paced.units.length; i++) this.#waiting[i]! -= paced.units[i]!
  }

  /** Milliseconds that a call which came now would wait behind those in line. */
  #wait(units: ReadonlyArray<number>, now: number): number {
    const behind = units.map((each, i) => each + this.#waiting[i]!)
    // Nobody takes anything in a pause, so that the units spared in it are no more than a burst.
    return Math.max(0, this.#due(behind, Math.max(now, this.pausedUntil)) - now)
  }

  /** When the units can be taken, as the buckets are now. */
  #due(units: ReadonlyArray<number>, now: number): number {
    let due = this.pausedUntil
    for (let i = 0; i < units.length; i++) due = Math.max(due, this.#buckets[i]!.due(units[i]!, now))
    return due
  }

  #take(paced: Paced, now: number): void {
    const taken: Array<number> = []
    for (let i = 0; i < paced.units.length; i++) taken.push(this.#buckets[i]!.take(paced.units[i]!, now))
    paced.taken = taken
  }
}
