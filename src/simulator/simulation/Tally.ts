import type { Exit } from "effect"
import type { Now } from "../../engine/Time.ts"
import { type Event, type Outcome, outcomeOf } from "../../stats/Event.ts"
import { Histogram } from "../../stats/Histogram.ts"
import { TimeIntegral } from "../../stats/Windows.ts"
import type { Arrival, Job } from "./Arrivals.ts"
import type { Caller, Jobs, Percentiles, Refused, Result } from "./Result.ts"

const round = (value: number, digits = 6): number => Number(value.toFixed(digits))

const percentilesOf = (histogram: Histogram): Percentiles => {
  const at = (share: number) => {
    const value = histogram.percentile(share)
    return value === null ? null : round(value, 3)
  }
  const { mean } = histogram
  return {
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    mean: mean === null ? null : round(mean, 3)
  }
}

/** Jain's index: 1 if all shares are equal, 1 / n if one of n has everything. */
export const jain = (shares: ReadonlyArray<number>): number => {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares)
}

/** Observes one call from both sides of the gate. */
export class ObservedCall {
  readonly arrival: Arrival
  readonly arrivedAt: number
  attempts = 0
  startedAt = NaN
  firstTokenAt = NaN
  /** The model's work for all attempts, and for the last one. */
  work = 0
  lastWork = 0

  constructor(arrival: Arrival, arrivedAt: number) {
    this.arrival = arrival
    this.arrivedAt = arrivedAt
  }

  onStart(at: number): void {
    if (++this.attempts === 1) this.startedAt = at
  }

  onFirstToken(at: number): void {
    this.firstTokenAt = at
  }

  onWork(millis: number): void {
    this.work += millis
    this.lastWork = millis
  }
}

const noRefusals = (): Refused => ({
  QueueFull: 0,
  CircuitOpen: 0,
  RateLimited: 0,
  DeadlineExceeded: 0,
  NeverAdmissible: 0,
  ShuttingDown: 0
})

/** Counts the calls and jobs that arrive after the warm-up, and how each ended. */
export class Tally {
  readonly #now: Now
  readonly #from: number
  readonly #to: number
  readonly #outcomes: Record<Outcome, number> = { succeeded: 0, failed: 0, rejected: 0, cancelled: 0, timedOut: 0 }
  readonly #refused = noRefusals() as { -readonly [K in keyof Refused]: number }
  readonly #callers = new Map<string, { calls: number; succeeded: number }>()
  readonly #times = { wait: new Histogram(), latency: new Histogram(), firstToken: new Histogram() }
  readonly #total = new Histogram()
  readonly #jobTimes = new Histogram()
  readonly #jobs = { created: 0, completed: 0, failed: 0 }
  readonly #fill: TimeIntegral
  readonly #open: TimeIntegral
  #before = { fill: 0, open: 0 }
  #after = { fill: 0, open: 0 }
  #state = "closed"
  #openings = 0
  #calls = 0
  #attempts = 0
  #work = 0
  #usefulWork = 0
  #tokens = 0

  /** What arrives from `from` to `to` is measured. */
  constructor(now: Now, from: number, to: number) {
    this.#now = now
    this.#from = from
    this.#to = to
    this.#fill = new TimeIntegral(now())
    this.#open = new TimeIntegral(now())
  }

  #isMeasured(at: number): boolean {
    return at >= this.#from && at < this.#to
  }

  /** Follows the queue and the circuit. */
  readonly onEvent = (event: Event): void => {
    const at = this.#now()
    if (event._tag === "Waiting") this.#fill.set(at, event.capacity > 0 ? event.size / event.capacity : 0)
    if (event._tag !== "Circuit") return
    this.#open.set(at, event.state === "closed" ? 0 : 1)
    if (event.state === "open" && this.#state !== "open" && this.#isMeasured(at)) this.#openings++
    this.#state = event.state
  }

  #levels() {
    const at = this.#now()
    return { fill: this.#fill.total(at), open: this.#open.total(at) }
  }

  /** The warm-up is over. */
  begin(): void {
    this.#before = this.#levels()
  }

  /** No more arrives; what has arrived may end. */
  finish(): void {
    this.#after = this.#levels()
  }

  onJob(job: Job): void {
    if (this.#isMeasured(job.createdAt)) this.#jobs.created++
  }

  onJobEnd({ createdAt }: Job, start: number, isCompleted: boolean): void {
    if (!this.#isMeasured(createdAt)) return
    if (!isCompleted) this.#jobs.failed++
    else {
      this.#jobs.completed++
      this.#jobTimes.record(this.#now() - start - createdAt)
    }
  }

  onEnd(call: ObservedCall, exit: Exit.Exit<unknown, unknown>): void {
    const { arrival, attempts, lastWork, work } = call
    if (!this.#isMeasured(arrival.at)) return
    const { outcome, reason } = outcomeOf(exit, attempts > 0)
    const caller = this.#callers.get(arrival.caller) ?? { calls: 0, succeeded: 0 }
    this.#callers.set(arrival.caller, caller)
    caller.calls++
    this.#calls++
    this.#outcomes[outcome]++
    if (reason !== undefined) this.#refused[reason]++
    this.#attempts += attempts
    this.#work += work
    if (outcome !== "succeeded") return
    caller.succeeded++
    this.#usefulWork += lastWork
    this.#tokens += arrival.completionTokens
    this.#recordTimes(call)
  }

  #recordTimes({ arrivedAt, firstTokenAt, startedAt }: ObservedCall): void {
    const now = this.#now()
    this.#times.wait.record(startedAt - arrivedAt)
    this.#times.latency.record(now - startedAt)
    this.#times.firstToken.record(firstTokenAt - startedAt)
    this.#total.record(now - arrivedAt)
  }

  get #busiest(): ReadonlyArray<Caller> {
    return [...this.#callers]
      .map(([caller, counts]) => ({ caller, ...counts }))
      .sort((a, b) => b.calls - a.calls || (a.caller < b.caller ? -1 : 1))
      .slice(0, 10)
  }

  #jobFigures(minutes: number): Jobs {
    const { completed, created, failed } = this.#jobs
    return {
      created,
      completed,
      failed,
      pending: created - completed - failed,
      perMinute: round(completed / minutes),
      time: percentilesOf(this.#jobTimes)
    }
  }

  /** Computes the figures, once every call has ended. */
  result(hasJobs: boolean): Omit<Result, "advice"> {
    const span = this.#to - this.#from
    const { cancelled, failed, succeeded, timedOut } = this.#outcomes
    const share = (level: "fill" | "open") =>
      round(Math.min(1, Math.max(0, (this.#after[level] - this.#before[level]) / span)))
    return {
      calls: this.#calls,
      started: succeeded + failed + timedOut,
      succeeded,
      failed,
      timedOut,
      unfinished: cancelled,
      refused: this.#refused,
      success: this.#calls === 0 ? 1 : round(succeeded / this.#calls),
      goodput: {
        callsPerSecond: round((succeeded * 1000) / span),
        tokensPerSecond: round((this.#tokens * 1000) / span)
      },
      wastedWork: this.#work === 0 ? 0 : round(Math.max(0, 1 - this.#usefulWork / this.#work)),
      upstreamPerCall: this.#calls === 0 ? 0 : round(this.#attempts / this.#calls),
      wait: percentilesOf(this.#times.wait),
      latency: percentilesOf(this.#times.latency),
      firstToken: percentilesOf(this.#times.firstToken),
      total: percentilesOf(this.#total),
      averageFill: share("fill"),
      openFraction: share("open"),
      openings: this.#openings,
      fairness: round(jain([...this.#callers.values()].map(({ calls, succeeded }) => succeeded / calls))),
      callers: this.#busiest,
      jobs: hasJobs ? this.#jobFigures(span / 60_000) : null
    }
  }
}
