import type { Event, Outcome } from "./Event.ts"
import { Histogram } from "./Histogram.ts"
import type { Reason } from "../Rejection.ts"
import { SlidingSum } from "./SlidingSum.ts"
import type { Snapshot } from "./Snapshot.ts"
import { Callers } from "./BusiestCallers.ts"
import type { Totals } from "./Sample.ts"
import { TimeIntegral } from "./TimeIntegral.ts"
import { share } from "./Share.ts"
import { hour, second } from "./Windows.ts"

type Ended = Extract<Event, { readonly _tag: "Ended" }>

/** Counts calls and their attempts. */
export class Calls {
  readonly callers = new Callers()
  readonly latency = new Histogram()
  readonly wait = new Histogram()
  readonly firstToken = new Histogram()
  private running = 0
  private readonly activity: TimeIntegral
  /** The most attempts at once since it was last set back. */
  peak = 0
  zombies = 0
  arrivals = 0
  /** Calls that had started and have ended, those of them that succeeded, and their milliseconds. */
  readonly times = { holders: 0, held: 0, answers: 0, answered: 0 }
  private retried = 0
  /** Answers that found fault with the request: with its key, with its path or model, with something else. */
  readonly declined = { unauthorized: 0, notFound: 0, invalid: 0 }
  private readonly starts: SlidingSum
  private readonly ends: Readonly<Record<Outcome, SlidingSum>>
  readonly rejections: Record<Reason["_tag"], number> = {
    QueueFull: 0,
    CircuitOpen: 0,
    RateLimited: 0,
    DeadlineExceeded: 0,
    NeverAdmissible: 0,
    ShuttingDown: 0
  }

  constructor(now: number) {
    this.activity = new TimeIntegral(now)
    this.starts = new SlidingSum(now, second)
    this.ends = {
      succeeded: new SlidingSum(now, hour),
      failed: new SlidingSum(now, hour),
      rejected: new SlidingSum(now, hour),
      cancelled: new SlidingSum(now, hour),
      timedOut: new SlidingSum(now, hour)
    }
  }

  arrived(caller: string): void {
    this.arrivals++
    this.callers.arrived(caller)
  }

  started(now: number, wait: number | undefined): void {
    this.running++
    this.activity.set(now, this.running)
    if (this.running > this.peak) this.peak = this.running
    this.starts.add(now, 1)
    if (wait === undefined) this.retried++
    else this.wait.record(wait)
  }

  stopped(now: number): void {
    this.running--
    this.activity.set(now, this.running)
  }

  ended(now: number, { caller, latency, outcome, reason }: Ended): void {
    this.ends[outcome].add(now, 1)
    this.callers.ended(caller, outcome === "rejected")
    if (latency !== undefined) this.took(latency, outcome === "succeeded")
    if (outcome === "rejected" && reason !== undefined) this.rejections[reason]++
  }

  answered(status: number): void {
    this.declined[status === 401 || status === 403 ? "unauthorized" : status === 404 ? "notFound" : "invalid"]++
  }

  /** Attempts now. */
  get active(): number {
    return this.running
  }

  /** What has added up since the start. */
  totals(now: number): Omit<Totals, "fill" | "halfOpen" | "open" | "queueSize" | "tokens"> {
    return {
      activeRequests: this.activity.total(now),
      arrivals: this.arrivals,
      starts: this.starts.total(now),
      succeeded: this.ends.succeeded.total(now),
      failed: this.ends.failed.total(now),
      rejected: this.ends.rejected.total(now),
      cancelled: this.ends.cancelled.total(now),
      timedOut: this.ends.timedOut.total(now)
    }
  }

  /** Whole starts in the last second. */
  startsLastSecond(now: number): number {
    return Math.floor(this.starts.sum(now))
  }

  /** Over the last hour: the share of calls that succeeded, and that timed out. */
  lastHour(now: number): { readonly success: number; readonly timeouts: number } {
    const succeeded = this.ends.succeeded.sum(now)
    const timedOut = this.ends.timedOut.sum(now)
    const judged = succeeded + this.ends.failed.sum(now) + timedOut
    const ended = judged + this.ends.rejected.sum(now) + this.ends.cancelled.sum(now)
    return { success: share(succeeded, judged, 1), timeouts: share(timedOut, ended, 0) }
  }

  private took(latency: number, succeeded: boolean): void {
    this.times.holders++
    this.times.held += latency
    if (!succeeded) return
    this.times.answers++
    this.times.answered += latency
    this.latency.record(latency)
  }

  requests(now: number): Snapshot["requests"] {
    const { cancelled, failed, rejected, succeeded, timedOut } = this.totals(now)
    return {
      total: this.arrivals,
      succeeded,
      failed,
      rejected,
      cancelled,
      timedOut,
      inFlight: this.arrivals - succeeded - failed - rejected - cancelled - timedOut,
      retried: this.retried,
      zombies: this.zombies,
      successRate: share(succeeded, succeeded + failed + timedOut, 1),
      rejections: { ...this.rejections }
    }
  }
}
