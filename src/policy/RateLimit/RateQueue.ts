import type { ResolvedOptions } from "../../Call.ts"
import { InvalidOptions } from "../../config/InvalidOptions.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, type TimerQueue } from "../../engine/TimerQueue.ts"
import type { TokenBucket } from "./TokenBucket.ts"

/** A claim on units of each bucket, which may wait in line. */
export interface Waiter extends Linked<Waiter> {
  readonly options: ResolvedOptions
  units: ReadonlyArray<number>
  /** What was taken of each bucket, to be put back if the call never starts. */
  taken: ReadonlyArray<number> | undefined
  waiting: boolean
  /** Called when the units are taken: the claim may go on. */
  wake(): void
}

/**
 * A start that is late by more than this share of its interval is made up for. At slow rates a timer's usual lateness
 * is less.
 */
const lateShare = 0.004

/** Lets calls wait in line until every bucket has the units they cost and the cooldown is over. */
export class RateQueue {
  readonly #buckets: ReadonlyArray<TokenBucket>
  readonly #timers: TimerQueue
  readonly #cost: (options: ResolvedOptions) => number
  // Only the first in line looks at the buckets: nobody overtakes, and a wait that ends early has taken nothing.
  readonly #line = new Fifo<Waiter>()
  /** Units of each bucket that the calls in line will take. */
  readonly #claimed: Array<number>
  readonly #timer = new Timer(() => change(() => this.#look()))
  cooldownUntil = -Infinity

  constructor(buckets: ReadonlyArray<TokenBucket>, timers: TimerQueue, cost: (options: ResolvedOptions) => number) {
    this.#buckets = buckets
    this.#timers = timers
    this.#cost = cost
    this.#claimed = buckets.map(() => 0)
  }

  /** Units that a call takes of each bucket: of requests, and of tokens if they are limited. */
  unitsOf(options: ResolvedOptions): ReadonlyArray<number> {
    const cost = this.#cost(options)
    if (!(cost >= 0))
      throw new InvalidOptions({ problems: [{ name: "cost", value: String(cost), allowed: "a number from 0" }] })
    return this.#buckets.length === 1 ? [cost] : [cost, options.tokens]
  }

  /** The index of a bucket that can never give so many units, or -1. */
  tooSmall(units: ReadonlyArray<number>): number {
    for (let i = 0; i < units.length; i++) if (units[i]! > this.#buckets[i]!.maxCost) return i
    return -1
  }

  burstOf(bucket: number): number {
    return this.#buckets[bucket]!.burst
  }

  /** Takes the units if they are due and no call waits; returns whether it did. */
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

  /** Leaves the line, or puts back units that were taken and not used. */
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

  /** Milliseconds that a call which arrives now would wait behind the line. */
  waitOf(units: ReadonlyArray<number>, now: number): number {
    const claimed = units.map((each, i) => each + this.#claimed[i]!)
    // Nothing is taken during a cooldown, and no more than a burst is saved up.
    return Math.max(0, this.#due(claimed, Math.max(now, this.cooldownUntil)) - now)
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
      this.#leave(first)
      first.wake()
    }
  }

  /**
   * The moment as of which a start takes its units: when it was due, if it is a little late, else now.
   *
   * A timer is late by a millisecond or so, which at a high rate adds up unless the next start comes that much earlier.
   * No two starts come closer than half their interval.
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
    const { units } = waiter
    const first = this.#buckets[0]!.take(units[0]!, now)
    waiter.taken = units.length === 1 ? [first] : [first, this.#buckets[1]!.take(units[1]!, now)]
  }
}
