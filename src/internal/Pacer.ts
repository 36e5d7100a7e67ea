import { Effect, Semaphore } from "effect"
import type { Alarm } from "./Alarm.ts"
import type { Bucket } from "./Bucket.ts"
import { grain, type Now } from "./Time.ts"

/** What a call takes from each bucket. */
export type Cost = ReadonlyArray<number>

/** What was taken, to be put back if the call never starts. */
export type Taken = ReadonlyArray<number>

/** Makes calls wait, one behind the other, until every bucket has what they cost and no pause is on. */
export class Pacer {
  readonly #buckets: ReadonlyArray<Bucket>
  readonly #now: Now
  readonly #alarm: Alarm
  // Only the first in line looks at the buckets, so nobody overtakes and an interrupted wait has taken nothing.
  readonly #line = Semaphore.makeUnsafe(1)
  readonly #waiting: Array<number>
  #inLine = 0
  #pausedUntil = -Infinity
  #wake: (() => void) | undefined

  constructor(buckets: ReadonlyArray<Bucket>, now: Now, alarm: Alarm) {
    this.#buckets = buckets
    this.#now = now
    this.#alarm = alarm
    this.#waiting = buckets.map(() => 0)
  }

  /** The index of a bucket that could never hold the cost, however long one waits. */
  tooSmallFor(cost: Cost): number | undefined {
    for (let i = 0; i < cost.length; i++) if (cost[i]! > this.#buckets[i]!.reach) return i
    return undefined
  }

  /** Takes at once what is there for a call that has nobody before it. */
  tryTake(cost: Cost): Taken | undefined {
    const now = this.#now()
    return this.#inLine === 0 && this.#due(cost, now) <= now + grain ? this.#take(cost, now) : undefined
  }

  /** Waits until the cost can be taken, and takes it. */
  take(cost: Cost, taken: (taken: Taken) => void): Effect.Effect<void> {
    const attempt: Effect.Effect<void> = Effect.suspend(() => {
      const now = this.#now()
      const due = this.#due(cost, now)
      if (due > now + grain) return Effect.andThen(this.#until(due), attempt)
      taken(this.#take(cost, now))
      return Effect.void
    })
    return Effect.suspend(() => {
      let inLine = false
      return Effect.onExitPrimitive(
        Effect.suspend(() => {
          inLine = true
          this.#queue(cost, 1)
          return this.#line.withPermit(attempt)
        }),
        () => {
          if (inLine) this.#queue(cost, -1)
          return undefined
        }
      )
    })
  }

  putBack(cost: Cost, taken: Taken): void {
    this.#buckets.forEach((bucket, i) => bucket.putBack(cost[i]!, taken[i]!))
    this.#wake?.()
  }

  /** Milliseconds that a call which came now would wait behind those in line. */
  wait(cost: Cost): number {
    const now = this.#now()
    const behind = cost.map((units, i) => units + this.#waiting[i]!)
    // Nobody takes anything in a pause, so that the units spared in it are no more than a burst.
    return Math.max(0, this.#due(behind, Math.max(now, this.#pausedUntil)) - now)
  }

  /** Lets nothing start for a time; a longer pause that is on already stays. */
  pause(millis: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + millis)
  }

  /** The end of the last pause, present or past. */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  /** Changes a bucket's rate, from the next start on. */
  retime(bucket: number, perSecond: number): void {
    this.#buckets[bucket]!.retime(perSecond, this.#now())
    this.#wake?.()
  }

  #queue(cost: Cost, sign: 1 | -1): void {
    this.#inLine += sign
    for (let i = 0; i < cost.length; i++) this.#waiting[i]! += sign * cost[i]!
  }

  /** When the cost can be taken, as the buckets are now. */
  #due(cost: Cost, now: number): number {
    let due = this.#pausedUntil
    for (let i = 0; i < cost.length; i++) due = Math.max(due, this.#buckets[i]!.due(cost[i]!, now))
    return due
  }

  #take(cost: Cost, now: number): Taken {
    const taken: Array<number> = []
    for (let i = 0; i < cost.length; i++) taken.push(this.#buckets[i]!.take(cost[i]!, now))
    return taken
  }

  #until(at: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const wake = () => resume(Effect.void)
      const entry = this.#alarm.set(at, wake)
      this.#wake = wake
      return Effect.sync(() => {
        this.#alarm.cancel(entry)
        this.#wake = undefined
      })
    })
  }
}
