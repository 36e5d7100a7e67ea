import { Jobs, metrics, name, target } from "../stats/Jobs.ts"
import type { Moment } from "../stats/Section.ts"
import { SlidingSum, tenMinutes } from "../stats/Windows.ts"
import type { Section, SectionStats } from "../Stats.ts"
import * as JobAdvice from "./JobAdvice.ts"

/** Why agents call the model, the most urgent purpose first. */
export const purposes = ["act", "plan", "reflect"] as const
export type Purpose = (typeof purposes)[number]

/** Why a job failed: its results were not accepted, its time ran out, or the model would never have answered. */
export type JobFailure = "wrong" | "late" | "refused"

type ByPurpose = Readonly<Record<Purpose, number>>

/** What agents took for jobs, in all. */
export interface Usage {
  readonly calls: ByPurpose
  readonly tokens: ByPurpose
  readonly plansReused: number
  readonly reflectionsSkipped: number
}

const combine = (a: ByPurpose, b: ByPurpose, sign: 1 | -1): ByPurpose => ({
  act: a.act + sign * b.act,
  plan: a.plan + sign * b.plan,
  reflect: a.reflect + sign * b.reflect
})

/** What was taken since an earlier moment. */
export const usageSince = (earlier: Usage, later: Usage): Usage => ({
  calls: combine(later.calls, earlier.calls, -1),
  tokens: combine(later.tokens, earlier.tokens, -1),
  plansReused: later.plansReused - earlier.plansReused,
  reflectionsSkipped: later.reflectionsSkipped - earlier.reflectionsSkipped
})

const minute = 60_000

/** Counts jobs, and the calls and tokens they took: the section `jobs` of the stats. */
export class JobStats implements SectionStats<Jobs> {
  static readonly section: Section<JobStats> = { name, make: (moment) => new JobStats(moment) }

  readonly metrics = metrics
  readonly advisor = JobAdvice.make(() => this.population)
  population: JobAdvice.Population = { agents: 0, jobsPerMinute: 0 }
  private readonly moment: Moment
  private readonly start: number
  private firstCreated = Infinity
  private completedHere = 0
  private failed = 0
  private readonly failures = { wrong: 0, late: 0, refused: 0 }
  private readonly created: SlidingSum
  private readonly completed: SlidingSum
  private perMinute: MinuteCounts | undefined
  private calls: ByPurpose = { act: 0, plan: 0, reflect: 0 }
  private tokens: ByPurpose = { act: 0, plan: 0, reflect: 0 }
  private plansReused = 0
  private reflectionsSkipped = 0

  constructor(moment: Moment) {
    this.moment = moment
    this.start = moment()
    this.created = new SlidingSum(this.start, tenMinutes)
    this.completed = new SlidingSum(this.start, tenMinutes)
  }

  onCreated(): void {
    const now = this.moment()
    this.firstCreated = Math.min(this.firstCreated, now)
    this.perMinute ??= new MinuteCounts(now)
    this.created.add(now, 1)
  }

  /** A job was completed, by this process or by another that shares its queue. */
  onCompleted(isHere = true): void {
    const now = this.moment()
    if (isHere) this.completedHere++
    this.completed.add(now, 1)
    this.perMinute?.increment(now)
  }

  /** A job failed; without a reason it was given up for a defect. */
  onFailed(reason?: JobFailure): void {
    this.moment()
    this.failed++
    if (reason !== undefined) this.failures[reason]++
  }

  /** The model answered a call for a job; `tokens` counts prompt and reply. */
  onCall(purpose: Purpose, tokens: number): void {
    this.moment()
    this.calls = { ...this.calls, [purpose]: this.calls[purpose] + 1 }
    this.tokens = { ...this.tokens, [purpose]: this.tokens[purpose] + tokens }
  }

  /** An agent reused a plan instead of making a call. */
  onPlanReused(): void {
    this.moment()
    this.plansReused++
  }

  /** An agent skipped a reflection, because of load or of its limit per hour. */
  onReflectionSkipped(): void {
    this.moment()
    this.reflectionsSkipped++
  }

  /** What agents took in this process, and in those whose usage was added. */
  get usage(): Usage {
    const { calls, plansReused, reflectionsSkipped, tokens } = this
    return { calls, tokens, plansReused, reflectionsSkipped }
  }

  /** Adds what agents took in another process. */
  addUsage({ calls, plansReused, reflectionsSkipped, tokens }: Usage): void {
    this.moment()
    this.calls = combine(this.calls, calls, 1)
    this.tokens = combine(this.tokens, tokens, 1)
    this.plansReused += plansReused
    this.reflectionsSkipped += reflectionsSkipped
  }

  targets(at: number) {
    return [target(this.completionRate(at))]
  }

  snapshot(at: number): Jobs {
    const created = this.created.total(at)
    const completed = this.completed.total(at)
    const span = Math.min(tenMinutes.length, Math.max(minute, at - this.start))
    // What was taken here goes with what was completed here, though others complete jobs of the same queue.
    const perJob = (total: number) => (this.completedHere > 0 ? total / this.completedHere : 0)
    const eachPerJob = ({ act, plan, reflect }: ByPurpose): ByPurpose => ({
      act: perJob(act),
      plan: perJob(plan),
      reflect: perJob(reflect)
    })
    return {
      created,
      completed,
      failed: this.failed,
      pending: created - completed - this.failed,
      perMinute: (this.completed.sum(at) * minute) / span,
      variation: this.perMinute?.variation(at) ?? null,
      failures: { ...this.failures },
      calls: { ...this.calls },
      tokensPerJob: eachPerJob(this.tokens),
      callsPerJob: eachPerJob(this.calls),
      plansReused: this.plansReused,
      reflectionsPerJob: perJob(this.calls.reflect),
      reflectionsSkipped: this.reflectionsSkipped
    }
  }

  // 1 if no jobs were created, and in the first ten minutes of jobs.
  private completionRate(at: number): number {
    const created = at - this.firstCreated < tenMinutes.length ? 0 : this.created.sum(at)
    return created > 0 ? this.completed.sum(at) / created : 1
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
