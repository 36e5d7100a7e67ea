import type { Now } from "../engine/Time.ts"
import { CallStats } from "./CallStats.ts"
import type { Event, Gauges } from "./Event.ts"
import { type HealthInputs, HealthTracker, type Status, status, type Target, targets } from "./Health.ts"
import type { Distribution } from "./Histogram.ts"
import { type History, HistoryStore, type Totals } from "./History.ts"
import { CircuitStats, PolicyGauges, QueueStats } from "./PolicyStats.ts"
import { type Recent, RecentWindow } from "./Recent.ts"
import { type RecentCalls, RecentCallsStore } from "./RecentCalls.ts"
import type { Counts, Sections } from "./Section.ts"
import type { Snapshot } from "./Snapshot.ts"

/** The distributions of the call times, in milliseconds; `Snapshot` defines each. */
export interface Distributions {
  readonly latency: Distribution
  readonly wait: Distribution
  readonly firstToken: Distribution
}

/** Turns events into stats, in memory that grows neither with calls nor with callers. */
export class Recorder {
  private readonly now: Now
  private readonly wallTime: Now
  private readonly start: number
  private readonly calls: CallStats
  private readonly queue: QueueStats
  private readonly circuit: CircuitStats
  private readonly sections: Sections<Counts>
  private readonly gauges = new PolicyGauges()
  private readonly tokens = { prompt: 0, completion: 0, saved: 0 }
  private readonly recentCalls = new RecentCallsStore()
  private readonly recentWindow: RecentWindow
  private readonly health: HealthTracker
  private readonly historyStore: HistoryStore
  // When history or health need their next update: an event that comes earlier pays for one comparison.
  private due: number

  /** `now` and `wallTime` read one clock, from an arbitrary moment and from 1970. */
  constructor(now: Now, wallTime: Now, sections: Sections<Counts>) {
    const start = now()
    const wallTimeAt = (at: number) => wallTime() - (now() - at)
    this.now = now
    this.wallTime = wallTime
    this.start = start
    this.due = start
    this.sections = sections
    this.calls = new CallStats(start)
    this.queue = new QueueStats(start)
    this.circuit = new CircuitStats(start)
    this.recentWindow = new RecentWindow(start)
    this.health = new HealthTracker(start, (at) => this.statusAt(at), wallTimeAt)
    const { latency } = this.calls
    this.historyStore = new HistoryStore({ totals: (at) => this.totals(at), wallTime: wallTimeAt, latency }, start)
  }

  watch(gauges: () => Gauges): void {
    this.gauges.watch(gauges)
  }

  record(event: Event): void {
    switch (event._tag) {
      case "Arrived":
        this.advance(event.at)
        return this.calls.onArrived(event.caller)
      case "Waiting":
        return this.queue.onChanged(this.advance(event.at), event.size, event.capacity)
      case "Started":
        return this.calls.onStarted(this.advance(event.at), event.wait)
      case "Stopped":
        return this.calls.onStopped(this.advance(event.at))
      case "Ended": {
        const now = this.advance(event.at)
        this.recentCalls.add(event, now)
        return this.calls.onEnded(now, event)
      }
      case "Circuit": {
        // The circuit of one key, or of one endpoint, is not that of the gate.
        if (event.key !== undefined || event.endpoint !== undefined) return
        const now = this.advance(event.at)
        this.circuit.onChanged(now, event.state, event.failures)
        return this.update(now)
      }
      case "FirstChunk":
        return this.calls.firstToken.record(event.after)
      case "Declined":
        this.advance(undefined)
        return this.calls.onDeclined(event.status)
      case "Tokens":
        this.advance(undefined)
        this.tokens.prompt += event.prompt
        this.tokens.completion += event.completion
        this.tokens.saved += event.saved ?? 0
        return
      case "AttemptFailed":
        // Calls are counted by how they end, not by their attempts.
        return
      case "Zombie":
        this.calls.zombies++
        return
    }
  }

  /** The current moment, before a section counts something. */
  moment(): number {
    return this.advance(undefined)
  }

  targets(): ReadonlyArray<Target> {
    const now = this.now()
    return this.targetsAt(this.healthInputs(now), now)
  }

  recent(): Recent {
    const now = this.now()
    this.update(now)
    return this.recentWindow.read(now)
  }

  recentReports(): RecentCalls {
    return this.recentCalls.read(this.now, this.wallTime)
  }

  distributions(): Distributions {
    const { firstToken, latency, wait } = this.calls
    return { latency: latency.distribution, wait: wait.distribution, firstToken: firstToken.distribution }
  }

  history(): History {
    return this.historyStore.read(this.now())
  }

  snapshot(): Snapshot {
    const now = this.now()
    const gauges = this.gauges.read()
    const { active, callers, firstToken, latency, wait } = this.calls
    const { completion, prompt, saved } = this.tokens
    this.update(now)
    return {
      queue: this.queue.snapshot(now, active, gauges),
      circuitBreaker: this.circuit.snapshot(now, gauges),
      rate: { perSecond: gauges.perSecond, startsLastSecond: this.calls.startsLastSecond(now) },
      requests: this.calls.requests(now),
      tokens: { prompt, completion, total: prompt + completion, saved },
      latency: latency.percentiles,
      wait: wait.percentiles,
      firstToken: firstToken.percentiles,
      ...this.sections.snapshot(now),
      callers: callers.top(),
      health: { status: this.health.status, since: this.health.since },
      uptimeMs: Math.round(now - this.start)
    }
  }

  private totals(now: number): Totals {
    return {
      ...this.calls.totals(now),
      ...this.queue.totals(now),
      ...this.circuit.totals(now),
      tokens: this.tokens.prompt + this.tokens.completion
    }
  }

  private healthInputs(now: number): HealthInputs {
    return {
      ...this.calls.lastHour(now),
      circuit: this.circuit.state,
      fill: this.queue.averageFill(now),
      open: this.circuit.openFraction(now)
    }
  }

  private targetsAt(inputs: HealthInputs, at: number): ReadonlyArray<Target> {
    return [...targets(inputs), ...this.sections.targets(at)]
  }

  private statusAt(at: number): Status {
    const inputs = this.healthInputs(at)
    return status(inputs, this.targetsAt(inputs, at))
  }

  // Before the event counts, so that a status that time alone has changed is seen as it was.
  private advance(at: number | undefined): number {
    const now = at ?? this.now()
    if (now >= this.due) this.advanceWindows(now)
    return now
  }

  private advanceWindows(now: number): void {
    this.historyStore.advance(now)
    if (now >= this.health.due) this.update(now)
    this.due = Math.min(this.historyStore.due, this.health.due)
  }

  private update(now: number): void {
    const { active, arrivals, callerDeadlines, declined, failures, peak, rejections, times } = this.calls
    this.health.update(now)
    this.calls.peak = active
    const totals = {
      ...times,
      ...declined,
      ...failures.load,
      arrivals,
      starts: this.calls.totalStarts(now),
      openings: this.circuit.openings,
      queueFull: rejections.QueueFull,
      outOfTime: rejections.DeadlineExceeded + rejections.RateLimited,
      circuitOpen: rejections.CircuitOpen,
      callerDeadlines
    }
    this.recentWindow.update(now, totals, failures.kinds, active, peak)
  }
}
