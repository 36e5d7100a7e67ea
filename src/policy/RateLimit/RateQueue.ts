import type { ResolvedOptions } from "../../Call.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, type TimerQueue } from "../../engine/TimerQueue.ts"
import type { TokenBucket } from "./TokenBucket.ts"

/** One who takes units of each bucket, perhaps after a wait in line. */
export interface Waiter extends Linked<Waiter> {
  readonly options: ResolvedOptions
  units: ReadonlyArray<number>
  /** What was taken, to be put back if the call never starts. */
  taken: ReadonlyArray<number> | undefined
  waiting: boolean
  /** Has its units now, and may go on. */
  wake(): void
}

/** A start that is later than this share of its interval is made up for; a timer's usual lateness at a slow rate is less. */
const lateShare = 0.004

/** Makes calls wait, one behind the other, until every bucket has what they cost and no cooldown is on. */
export class RateQueue {
  readonly #buckets: ReadonlyArray<TokenBucket>
  readonly #timers: TimerQueue
  readonly #cost: (options: ResolvedOptions) => number
  // Only the first in line looks at the buckets, so nobody overtakes and a wait that ends early has taken nothing.
  readonly #line = new Fifo<Waiter>()
  /** Units of each bucket that those in line will take. */
  readonly #claimed: Array<number>
  readonly #timer = new Timer(() => change(() => this.#look()))
  cooldownUntil = -Infinity

  constructor(buckets: ReadonlyArray<TokenBucket>, timers: TimerQueue, cost: (options: ResolvedOptions) => number) {
    this.#buckets = buckets
    this.#timers = timers
    this.#cost = cost
    this.#claimed = buckets.map(() => 0)
  }

  /** What a call takes of each bucket: requests, and tokens if they are limited. */
  unitsOf(options: ResolvedOptions): ReadonlyArray<number> {
    const cost = this.#cost(options)
    return this.#buckets.length === 1 ? [cost] : [cost, options.tokens]
  }

  /** The bucket that can never give so many units, if there is one. */
  tooSmall(units: ReadonlyArray<number>): number {
    for (let i = 0; i < units.length; i++) if (units[i]! > this.#buckets[i]!.maxCost) return i
    return -1
  }

  burstOf(bucket: number): number {
    return this.#buckets[bucket]!.burst
  }

  /** Takes the units if they are due and nobody waits; returns whether it did. */
  tryTake(waiter: Waiter, now: number): boolean {
    if (this.#line.size > 0 || this.#due(waiter.units, now) > now + clockResolution) return false
    this.#take(waiter, now)
    return true
  }

  wait(waiter: Waiter): void {
    this.#line.add(waiter)
    waiter.waiting = true
    this.#claim(waiter, 1)
    if (this.#line.size === 1) this.#look()
  }

  /** Leaves the line, or puts back what was taken and not used. */
  giveUp(waiter: Waiter): void {
    const { taken, units } = waiter
    if (waiter.waiting) this.#leave(waiter)
    else if (taken !== undefined) this.#buckets.forEach((bucket, i) => bucket.putBack(units[i]!, taken[i]!))
    this.#look()
  }

  setRate(bucket: number, perSecond: number): void {
    this.#buckets[bucket]!.setRate(perSecond, this.#timers.now())
    this.#look()
  }

  /** Milliseconds that a call which came now would wait behind those in line. */
  waitOf(units: ReadonlyArray<number>, now: number): number {
    const claimed = units.map((each, i) => each + this.#claimed[i]!)
    // Nobody takes anything during a cooldown, so no more than a burst is saved up in it.
    return Math.max(0, this.#due(claimed, Math.max(now, this.cooldownUntil)) - now)
  }

  /** Lets go on who may, and looks again when the next one may. */
  #look(): void {
    const { at: dueAt } = this.#timer
    this.#timers.cancel(this.#timer)
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const now = this.#timers.now()
      const due = this.#due(first.units, now)
      if (due > now + clockResolution) return this.#timers.set(this.#timer, now, due - now)
      this.#take(first, this.#punctual(dueAt, now))
      this.#leave(first)
      first.wake()
    }
  }

  /**
   * From when a start counts that was due at one moment and comes at another.
   *
   * A timer is late by a millisecond or so: at a high rate that adds up, unless the next start is that much earlier. No two
   * starts come closer than half their interval for it.
   */
  #punctual(due: number, now: number): number {
    const { interval } = this.#buckets[0]!
    const late = now - due
    return late > lateShare * interval && late < interval / 2 ? due : now
  }

  #leave(waiter: Waiter): void {
    this.#line.remove(waiter)
    waiter.waiting = false
    this.#claim(waiter, -1)
  }

  #claim({ units }: Waiter, sign: 1 | -1): void {
    for (let i = 0; i < units.length; i++) this.#claimed[i]! += sign * units[i]!
  }

  /** When the units can be taken, as the buckets are now. */
  #due(units: ReadonlyArray<number>, now: number): number {
    let due = this.cooldownUntil
    for (let i = 0; i < units.length; i++) due = Math.max(due, this.#buckets[i]!.due(units[i]!, now))
    return due
  }

  #take(waiter: Waiter, now: number): void {
    waiter.taken = waiter.units.map((units, i) => this.#buckets[i]!.take(units, now))
  }
}
