import type { Ended, Outcome } from "./Event.ts"
import { Histogram } from "./Histogram.ts"
import type { Totals } from "./History.ts"
import type { Reason } from "../Rejection.ts"
import type { Snapshot } from "./Snapshot.ts"
import { Failures } from "./Failures.ts"
import { hour, second, share, SlidingSum, TimeIntegral } from "./Windows.ts"

const fewestHurried = 10
const fewestTimed = 100

/** Counts calls, their attempts and their times. */
export class CallStats {
  readonly callers = new BusiestCallers()
  readonly latency = new Histogram()
  readonly wait = new Histogram()
  readonly firstToken = new Histogram()
  /** Attempts at the model now. */
  active = 0
  /** The most attempts at once since the last reset. */
  peak = 0
  zombies = 0
  arrivals = 0
  /** Started calls that have ended and their milliseconds; the same of those that succeeded. */
  readonly times = { ended: 0, endedMs: 0, succeeded: 0, succeededMs: 0 }
  /** 4xx answers, by what the model rejected: the key, the path or model, anything else. */
  readonly declined = { unauthorized: 0, notFound: 0, invalid: 0 }
  readonly failures = new Failures()
  readonly rejections: Record<Reason["_tag"], number> = {
    QueueFull: 0,
    CircuitOpen: 0,
    RateLimited: 0,
    DeadlineExceeded: 0,
    NeverAdmissible: 0,
    ShuttingDown: 0
  }
  /** Started calls that the deadlines of their callers ended. */
  callerDeadlines = 0
  private retried = 0
  private readonly activity: TimeIntegral
  private readonly starts: SlidingSum
  private readonly ends: Readonly<Record<Outcome, SlidingSum>>
  private readonly hurried: SlidingSum

  constructor(now: number) {
    this.activity = new TimeIntegral(now)
    this.starts = new SlidingSum(now, second)
    this.hurried = new SlidingSum(now, hour)
    this.ends = {
      succeeded: new SlidingSum(now, hour),
      failed: new SlidingSum(now, hour),
      rejected: new SlidingSum(now, hour),
      cancelled: new SlidingSum(now, hour),
      timedOut: new SlidingSum(now, hour)
    }
  }

  onArrived(caller: string): void {
    this.arrivals++
    this.callers.onArrived(caller)
  }

  onStarted(now: number, wait: number | undefined): void {
    this.active++
    this.activity.set(now, this.active)
    if (this.active > this.peak) this.peak = this.active
    this.starts.add(now, 1)
    if (wait === undefined) this.retried++
    else this.wait.record(wait)
  }

  onStopped(now: number): void {
    this.active--
    this.activity.set(now, this.active)
  }

  onEnded(now: number, { byCaller, caller, failure, latency, outcome, reason }: Ended): void {
    this.ends[outcome].add(now, 1)
    if (byCaller === true && outcome === "timedOut") {
      this.callerDeadlines++
      this.hurried.add(now, 1)
    }
    this.callers.onEnded(caller, outcome === "rejected")
    // The attempt of the call itself has stopped before.
    if (failure !== undefined) this.failures.onFailed(failure, this.active + 1)
    else if (outcome === "succeeded") this.failures.onSucceeded(this.active + 1)
    if (latency !== undefined) this.addLatency(latency, outcome === "succeeded")
    if (outcome === "rejected" && reason !== undefined) this.rejections[reason]++
  }

  onDeclined(status: number): void {
    this.declined[status === 401 || status === 403 ? "unauthorized" : status === 404 ? "notFound" : "invalid"]++
  }

  /** The calls' part of the totals since the start. */
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

  /** The number of starts since the beginning. */
  totalStarts(now: number): number {
    return this.starts.total(now)
  }

  startsLastSecond(now: number): number {
    return Math.floor(this.starts.sum(now))
  }

  /**
   * Success and timeout rates of the last hour.
   *
   * A deadline of a caller is no timeout of the model. A few say nothing of its success either, but many may be all that
   * is seen of a model that hangs.
   */
  lastHour(now: number): { readonly success: number; readonly timeouts: number } {
    const succeeded = this.ends.succeeded.sum(now)
    const hurried = this.hurried.sum(now)
    const timedOut = this.ends.timedOut.sum(now) - hurried
    const answered = succeeded + this.ends.failed.sum(now) + timedOut
    const judged = answered + (hurried < fewestHurried ? 0 : hurried)
    const ended = answered + hurried + this.ends.rejected.sum(now) + this.ends.cancelled.sum(now)
    // One call of fewer than a hundred is more than 1 %, and no rate.
    const isOne = timedOut <= 1 && ended < fewestTimed
    return { success: share(succeeded, judged, 1), timeouts: isOne ? 0 : share(timedOut, ended, 0) }
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

  private addLatency(latency: number, succeeded: boolean): void {
    this.times.ended++
    this.times.endedMs += latency
    if (!succeeded) return
    this.times.succeeded++
    this.times.succeededMs += latency
    this.latency.record(latency)
  }
}

interface Entry {
  readonly caller: string
  // The highest rank evicted so far: otherwise callers that were busy once would keep newcomers out for good.
  readonly start: number
  total: number
  inFlight: number
  rejected: number
}

const kept = 100
const shown = 10

const rank = ({ start, total }: Entry) => start + total

/**
 * Counts calls by caller in a bounded table: Space-Saving (Metwally, Agrawal, El Abbadi 2005), evicting in batches.
 *
 * The table always holds callers in flight, and each caller with more than a hundredth of all calls. The counts of an
 * evicted caller start at 0 when it returns.
 */
export class BusiestCallers {
  private readonly entries = new Map<string, Entry>()
  private evicted = 0
  private bound = 2 * kept

  get size(): number {
    return this.entries.size
  }

  onArrived(caller: string): void {
    const entry = this.entries.get(caller) ?? this.add(caller)
    entry.total++
    entry.inFlight++
  }

  onEnded(caller: string, rejected: boolean): void {
    const entry = this.entries.get(caller)
    if (entry === undefined) return
    entry.inFlight--
    if (rejected) entry.rejected++
  }

  /** The ten callers with the most calls, the busiest first. */
  top(): Snapshot["callers"] {
    if (this.entries.size > 2 * kept) this.evict()
    const top: Array<Entry> = []
    for (const entry of this.entries.values()) {
      if (top.length === shown && entry.total <= top[shown - 1]!.total) continue
      top.splice(shown - 1, 1)
      top.push(entry)
      top.sort((a, b) => b.total - a.total)
    }
    return top.map(({ caller, inFlight, rejected, total }) => ({ caller, total, inFlight, rejected }))
  }

  private add(caller: string): Entry {
    if (this.entries.size >= this.bound) this.evict()
    const entry: Entry = { caller, start: this.evicted, total: 0, inFlight: 0, rejected: 0 }
    this.entries.set(caller, entry)
    return entry
  }

  // In batches: evicting one by one would search the table at each call of a stream of new callers.
  private evict(): void {
    const idle = [...this.entries.values()].filter(({ inFlight }) => inFlight === 0)
    idle.sort((a, b) => rank(b) - rank(a))
    for (const entry of idle.slice(kept)) {
      this.entries.delete(entry.caller)
      this.evicted = Math.max(this.evicted, rank(entry))
    }
    this.bound = 2 * Math.max(kept, this.entries.size)
  }
}
