import type { Failure } from "./Purpose.ts"
import { SlidingSum } from "./SlidingSum.ts"
import type { Snapshot } from "./Snapshot.ts"
import { Effort } from "./Effort.ts"
import { Minutes } from "./Minutes.ts"
import { tenMinutes } from "./Windows.ts"

const minute = 60_000

/** Counts jobs. */
export class Jobs {
  private readonly start: number
  private first = Infinity
  private failed = 0
  private readonly failures = { wrong: 0, late: 0, refused: 0 }
  private readonly created: SlidingSum
  private readonly completed: SlidingSum
  private minutes: Minutes | undefined
  readonly effort = new Effort()

  constructor(now: number) {
    this.start = now
    this.created = new SlidingSum(now, tenMinutes)
    this.completed = new SlidingSum(now, tenMinutes)
  }

  arrived(now: number): void {
    this.first = Math.min(this.first, now)
    this.minutes ??= new Minutes(now)
    this.created.add(now, 1)
  }

  ended(now: number, completed: boolean, failure: Failure | undefined): void {
    if (completed) {
      this.completed.add(now, 1)
      this.minutes?.add(now)
    } else {
      this.failed++
      if (failure !== undefined) this.failures[failure]++
    }
  }

  /** Jobs created since the start. */
  createdSince(now: number): number {
    return this.created.total(now)
  }

  /** Jobs completed for each created; 1 where none were created, and before ten minutes of jobs. */
  steadiness(now: number): number {
    const created = now - this.first < tenMinutes.length ? 0 : this.created.sum(now)
    return created > 0 ? this.completed.sum(now) / created : 1
  }

  figures(now: number): Snapshot["jobs"] {
    const created = this.created.total(now)
    const completed = this.completed.total(now)
    const span = Math.min(tenMinutes.length, Math.max(minute, now - this.start))
    return {
      created,
      completed,
      failed: this.failed,
      pending: created - completed - this.failed,
      perMinute: (this.completed.sum(now) * minute) / span,
      variation: this.minutes?.variation(now) ?? null,
      failures: { ...this.failures },
      ...this.effort.figures(completed)
    }
  }
}
