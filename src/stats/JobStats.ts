import type { JobFailure, Purpose } from "./Event.ts"
import type { Snapshot } from "./Snapshot.ts"
import { SlidingSum, tenMinutes } from "./Windows.ts"

const minute = 60_000

/** Counts jobs, and the calls and tokens they took. */
export class JobStats {
  plansReused = 0
  reflectionsSkipped = 0
  private readonly start: number
  private firstCreated = Infinity
  private failed = 0
  private readonly failures = { wrong: 0, late: 0, refused: 0 }
  private readonly created: SlidingSum
  private readonly completed: SlidingSum
  private perMinute: MinuteCounts | undefined
  private readonly calls = { act: 0, plan: 0, reflect: 0 }
  private readonly tokens = { act: 0, plan: 0, reflect: 0 }

  constructor(now: number) {
    this.start = now
    this.created = new SlidingSum(now, tenMinutes)
    this.completed = new SlidingSum(now, tenMinutes)
  }

  onCreated(now: number): void {
    this.firstCreated = Math.min(this.firstCreated, now)
    this.perMinute ??= new MinuteCounts(now)
    this.created.add(now, 1)
  }

  onEnded(now: number, completed: boolean, failure: JobFailure | undefined): void {
    if (completed) {
      this.completed.add(now, 1)
      this.perMinute?.increment(now)
    } else {
      this.failed++
      if (failure !== undefined) this.failures[failure]++
    }
  }

  onCall(purpose: Purpose, tokens: number): void {
    this.calls[purpose]++
    this.tokens[purpose] += tokens
  }

  totalCreated(now: number): number {
    return this.created.total(now)
  }

  /** Jobs completed per job created over ten minutes; 1 if none were created, and in the first ten minutes of jobs. */
  completionRate(now: number): number {
    const created = now - this.firstCreated < tenMinutes.length ? 0 : this.created.sum(now)
    return created > 0 ? this.completed.sum(now) / created : 1
  }

  snapshot(now: number): Snapshot["jobs"] {
    const created = this.created.total(now)
    const completed = this.completed.total(now)
    const span = Math.min(tenMinutes.length, Math.max(minute, now - this.start))
    const perJob = (total: number) => (completed > 0 ? total / completed : 0)
    return {
      created,
      completed,
      failed: this.failed,
      pending: created - completed - this.failed,
      perMinute: (this.completed.sum(now) * minute) / span,
      variation: this.perMinute?.variation(now) ?? null,
      failures: { ...this.failures },
      calls: { ...this.calls },
      tokensPerJob: {
        act: perJob(this.tokens.act),
        plan: perJob(this.tokens.plan),
        reflect: perJob(this.tokens.reflect)
      },
      plansReused: this.plansReused,
      reflectionsPerJob: perJob(this.calls.reflect),
      reflectionsSkipped: this.reflectionsSkipped
    }
  }
}

const minutesKept = 60
const fewestMinutes = 5

/** Counts per whole minute, for the last hour. */
class MinuteCounts {
  private readonly start: number
  private readonly counts: Array<number> = []
  private current = 0
  private currentCount = 0

  constructor(now: number) {
    this.start = now
  }

  increment(now: number): void {
    this.advance(now)
    this.currentCount++
  }

  /** The coefficient of variation of the counts; `null` before five minutes, and if all of them are 0. */
  variation(now: number): number | null {
    this.advance(now)
    const { counts } = this
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    if (counts.length < fewestMinutes || mean === 0) return null
    return Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length) / mean
  }

  private advance(now: number): void {
    const minutes = Math.floor((now - this.start) / minute)
    if (minutes === this.current) return
    this.push(this.currentCount)
    // After an idle hour every count kept is 0.
    for (let idle = Math.min(minutesKept, minutes - this.current - 1); idle > 0; idle--) this.push(0)
    this.current = minutes
    this.currentCount = 0
  }

  private push(count: number): void {
    this.counts.push(count)
    if (this.counts.length > minutesKept) this.counts.shift()
  }
}
