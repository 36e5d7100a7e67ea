import { tenMinutes, WindowedMax, WindowedSum } from "./Windows.ts"

/** Stats of the last ten minutes, unless another window is named. Times are milliseconds. */
export interface Recent {
  /** Calls that arrived in the last hour. */
  readonly arrivals: number
  readonly arrivalsPerSecond: number
  readonly startsPerSecond: number
  /** Mean time from first start to end of all started calls; `null` if none ended. */
  readonly heldMs: number | null
  /** Mean latency of the calls that succeeded; `null` if there were fewer than twenty. */
  readonly latencyMs: number | null
  /** The same for the rest of the last hour. */
  readonly earlierLatencyMs: number | null
  /** The most attempts at once in the last hour. */
  readonly peak: number
  /** How often the circuit opened in the last hour. */
  readonly openings: number
  /** Calls rejected in the last hour because the queue was full. */
  readonly queueFull: number
  /** Calls rejected in the last hour because they could not start in time. */
  readonly outOfTime: number
  /** Calls rejected in the last hour because a circuit was open. */
  readonly circuitOpen: number
  /** Calls of the last hour that had started, and that the deadlines of their callers ended. */
  readonly callerDeadlines: number
  /** Calls of the last hour that the model answered with 401 or 403. */
  readonly unauthorized: number
  /** Calls of the last hour that the model answered with 404. */
  readonly notFound: number
  /** Calls of the last hour that the model answered with another 4xx, except 408 and 429. */
  readonly invalid: number
  /** Calls of the last hour that failed or ran out of time after their start, by a word for how; the most frequent first. */
  readonly failures: ReadonlyArray<Failures>
  /** How busy the model was when calls of the last hour succeeded and when they failed. */
  readonly load: Load
}

/** Calls that failed in one way. */
export interface Failures {
  /** A status, a code of the gate or of the system, or the name of an error. */
  readonly kind: string
  readonly count: number
}

/** Calls that ended, and the attempts that ran at that moment: their mean, and how far they spread around it. */
export interface Load {
  readonly succeeded: number
  readonly failed: number
  readonly activeIfSucceeded: number
  readonly activeIfFailed: number
  /** The standard deviation over all of them. */
  readonly spread: number
}

/** Running totals since the start. */
export interface RecentTotals {
  readonly arrivals: number
  readonly starts: number
  /** Started calls that have ended, and their milliseconds from first start to end. */
  readonly ended: number
  readonly endedMs: number
  /** The same of the calls that succeeded. */
  readonly succeeded: number
  readonly succeededMs: number
  readonly openings: number
  readonly queueFull: number
  readonly outOfTime: number
  readonly circuitOpen: number
  readonly callerDeadlines: number
  readonly unauthorized: number
  readonly notFound: number
  readonly invalid: number
  readonly failed: number
  readonly failedActive: number
  readonly succeededActive: number
  readonly activeSquares: number
}

const second = 1_000
const fewestCalls = 20

/** Derives recent stats from running totals, read about once a second so that events pay nothing. */
export class RecentWindow {
  private readonly start: number
  private readonly sums: Readonly<Record<keyof RecentTotals, WindowedSum>>
  private readonly kinds = new Map<string, WindowedSum>()
  private readonly peak: WindowedMax
  private lastUpdate: number

  constructor(now: number) {
    const sum = () => new WindowedSum(now)
    this.start = now
    this.lastUpdate = now
    this.peak = new WindowedMax(now)
    this.sums = {
      arrivals: sum(),
      starts: sum(),
      ended: sum(),
      endedMs: sum(),
      succeeded: sum(),
      succeededMs: sum(),
      openings: sum(),
      queueFull: sum(),
      outOfTime: sum(),
      circuitOpen: sum(),
      callerDeadlines: sum(),
      unauthorized: sum(),
      notFound: sum(),
      invalid: sum(),
      failed: sum(),
      failedActive: sum(),
      succeededActive: sum(),
      activeSquares: sum()
    }
  }

  /** Records the totals, the active attempts, and their peak since the last update. */
  update(now: number, totals: RecentTotals, kinds: ReadonlyMap<string, number>, active: number, peak: number): void {
    // The growth happened within a second of the last update: a later event would have caused an update first.
    const at = Math.min(now, this.lastUpdate + second)
    for (const [name, sum] of Object.entries(this.sums)) sum.record(at, totals[name as keyof RecentTotals])
    for (const [kind, total] of kinds) this.sumOf(kind, at).record(at, total)
    this.peak.record(at, peak)
    this.peak.record(now, active)
    this.lastUpdate = now
  }

  read(now: number): Recent {
    const { arrivals, ended, endedMs, starts, succeeded, succeededMs } = this.sums
    const span = Math.max(second, Math.min(tenMinutes.length, now - this.start))
    const perSecond = (sum: WindowedSum) => (sum.lastTenMinutes(now) * second) / span
    const lastHour = (name: keyof RecentTotals) => Math.round(this.sums[name].lastHour(now))
    const calls = ended.lastTenMinutes(now)
    const answers = succeeded.lastTenMinutes(now)
    const earlier = succeeded.earlier(now)
    // Sums over a window are not whole: the bucket that it cuts counts in proportion.
    return {
      arrivals: lastHour("arrivals"),
      arrivalsPerSecond: perSecond(arrivals),
      startsPerSecond: perSecond(starts),
      heldMs: calls > 0.5 ? endedMs.lastTenMinutes(now) / calls : null,
      latencyMs: answers > fewestCalls - 0.5 ? succeededMs.lastTenMinutes(now) / answers : null,
      earlierLatencyMs: earlier > fewestCalls - 0.5 ? succeededMs.earlier(now) / earlier : null,
      peak: this.peak.max(now),
      openings: lastHour("openings"),
      queueFull: lastHour("queueFull"),
      outOfTime: lastHour("outOfTime"),
      circuitOpen: lastHour("circuitOpen"),
      callerDeadlines: lastHour("callerDeadlines"),
      unauthorized: lastHour("unauthorized"),
      notFound: lastHour("notFound"),
      invalid: lastHour("invalid"),
      failures: this.failures(now),
      load: this.load(now)
    }
  }

  private sumOf(kind: string, now: number): WindowedSum {
    const known = this.kinds.get(kind)
    if (known !== undefined) return known
    const sum = new WindowedSum(now)
    this.kinds.set(kind, sum)
    return sum
  }

  private failures(now: number): ReadonlyArray<Failures> {
    return [...this.kinds]
      .map(([kind, sum]) => ({ kind, count: Math.round(sum.lastHour(now)) }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
  }

  private load(now: number): Load {
    const { activeSquares, failed, failedActive, succeeded, succeededActive } = this.sums
    const [succeededCount, failedCount] = [succeeded.lastHour(now), failed.lastHour(now)]
    const [atSuccess, atFailure] = [succeededActive.lastHour(now), failedActive.lastHour(now)]
    const calls = Math.max(1, succeededCount + failedCount)
    const variance = activeSquares.lastHour(now) / calls - ((atSuccess + atFailure) / calls) ** 2
    return {
      succeeded: Math.round(succeededCount),
      failed: Math.round(failedCount),
      activeIfSucceeded: atSuccess / Math.max(1, succeededCount),
      activeIfFailed: atFailure / Math.max(1, failedCount),
      spread: Math.sqrt(Math.max(0, variance))
    }
  }
}
