import type { Recent } from "./Recent.ts"
import type { Distribution, Distributions } from "./Distribution.ts"
import type { Event, Gauges } from "./Event.ts"
import { type Figures, type Target, targets } from "./Health.ts"
import type { History } from "./HistorySchema.ts"
import type { Histogram } from "./Histogram.ts"
import type { Snapshot, Spread } from "./Snapshot.ts"
import type { Now } from "../engine/Time.ts"
import { Calls } from "./CallCounts.ts"
import { HistoryStore } from "./History.ts"
import { Circuit } from "./CircuitStats.ts"
import { HealthTracker } from "./HealthTracker.ts"
import type { Totals } from "./Sample.ts"
import { Jobs } from "./Jobs.ts"
import { RecentWindow } from "./RecentWindow.ts"
import { Line } from "./QueueStats.ts"
import { PolicyGauges } from "./Gauges.ts"

/** Keeps the books behind each figure, in memory that grows neither with calls nor with callers. */
export class Recorder {
  private readonly now: Now
  private readonly start: number
  private readonly calls: Calls
  private readonly line: Line
  private readonly circuit: Circuit
  private readonly jobs: Jobs
  private readonly lately: RecentWindow
  private readonly condition: HealthTracker
  private readonly chronicle: HistoryStore
  // When next to look at what events change; each event costs no more than this comparison.
  private due: number
  private readonly watched = new PolicyGauges()
  private readonly tokens = { prompt: 0, completion: 0, saved: 0 }

  /** `now` and `wall` read one clock, from an arbitrary moment and from 1970. */
  constructor(now: Now, wall: Now) {
    const start = now()
    this.now = now
    this.start = start
    this.calls = new Calls(start)
    this.line = new Line(start)
    this.circuit = new Circuit(start)
    this.jobs = new Jobs(start)
    this.lately = new RecentWindow(start)
    const wallAt = (at: number) => wall() - (now() - at)
    this.condition = new HealthTracker(start, (at) => this.figures(at), wallAt)
    const { latency } = this.calls
    this.chronicle = new HistoryStore({ totals: (at) => this.totals(at), wall: wallAt, latency }, start)
    this.due = start
  }

  watch(gauges: () => Gauges): void {
    this.watched.watch(gauges)
  }

  record(event: Event): void {
    switch (event._tag) {
      case "Arrived":
        this.moment(event.at)
        return this.calls.arrived(event.caller)
      case "Started":
        return this.calls.started(this.moment(event.at), event.wait)
      case "Stopped":
        return this.calls.stopped(this.moment(undefined))
      case "Ended":
        return this.calls.ended(this.moment(event.at), event)
      case "Declined":
        this.moment(undefined)
        return this.calls.answered(event.status)
      case "Waiting":
        return this.line.changed(this.moment(event.at), event.size, event.capacity)
      case "FirstChunk":
        return this.calls.firstToken.record(event.after)
      case "Circuit": {
        const now = this.moment(event.at)
        this.circuit.changed(now, event.state, event.failures)
        return this.follow(now)
      }
      case "Tokens":
        this.moment(undefined)
        this.tokens.prompt += event.prompt
        this.tokens.completion += event.completion
        this.tokens.saved += event.saved
        return
      case "AttemptFailed":
        // A call counts by its end, whatever its attempts came to.
        return
      case "Zombie":
        this.calls.zombies++
        return
      case "JobCreated":
        return this.jobs.arrived(this.moment(undefined))
      case "JobEnded":
        return this.jobs.ended(this.moment(undefined), event.completed, event.failure)
      case "JobCall":
        return this.jobs.effort.called(event.purpose, event.tokens)
      case "PlanReused":
        this.jobs.effort.plansReused++
        return
      case "ReflectionSkipped":
        this.jobs.effort.reflectionsSkipped++
        return
    }
  }

  /** The targets of health, each met or missed. */
  targets(): ReadonlyArray<Target> {
    return targets(this.figures(this.now()))
  }

  /** The figures of late. */
  recent(): Recent {
    const now = this.now()
    this.follow(now)
    return this.lately.figures(now)
  }

  /** How often the times of calls stayed within bounds. */
  distributions(): Distributions {
    const { firstToken, latency, wait } = this.calls
    return { latency: distribution(latency), wait: distribution(wait), firstToken: distribution(firstToken) }
  }

  /** The last hour, in points. */
  history(): History {
    return this.chronicle.figures(this.now())
  }

  snapshot(): Snapshot {
    const now = this.now()
    const told = this.watched.read()
    const { active, callers, firstToken, latency, wait } = this.calls
    const { completion, prompt, saved } = this.tokens
    this.follow(now)
    return {
      queue: this.line.figures(now, active, told),
      circuitBreaker: this.circuit.figures(now, told),
      rate: { perSecond: told.perSecond, startsLastSecond: this.calls.startsLastSecond(now) },
      requests: this.calls.requests(now),
      tokens: { prompt, completion, total: prompt + completion, saved },
      latency: spread(latency),
      wait: spread(wait),
      firstToken: spread(firstToken),
      jobs: this.jobs.figures(now),
      callers: callers.busiest(),
      health: { status: this.condition.status, since: this.condition.since },
      uptimeMs: Math.round(now - this.start)
    }
  }

  private totals(now: number): Totals {
    return {
      ...this.calls.totals(now),
      ...this.line.totals(now),
      ...this.circuit.totals(now),
      tokens: this.tokens.prompt + this.tokens.completion
    }
  }

  private figures(now: number): Figures {
    return {
      ...this.calls.lastHour(now),
      circuit: this.circuit.state,
      fill: this.line.averageFill(now),
      open: this.circuit.openFraction(now),
      jobs: this.jobs.steadiness(now)
    }
  }

  private follow(now: number): void {
    const { active, arrivals, declined, peak, rejections, times } = this.calls
    this.condition.follow(now)
    this.calls.peak = active
    const totals = {
      ...times,
      ...declined,
      arrivals,
      starts: this.calls.totals(now).starts,
      openings: this.circuit.openings,
      queueFull: rejections.QueueFull,
      outOfTime: rejections.DeadlineExceeded + rejections.RateLimited,
      jobs: this.jobs.createdSince(now)
    }
    this.lately.follow(now, totals, active, peak)
  }

  private look(now: number): void {
    this.chronicle.follow(now)
    if (now >= this.condition.due) this.follow(now)
    this.due = Math.min(this.chronicle.due, this.condition.due)
  }

  // Before the event counts, so that a status that time alone has changed is seen as it was.
  private moment(at: number | undefined): number {
    const now = at ?? this.now()
    if (now >= this.due) this.look(now)
    return now
  }
}

const distribution = (histogram: Histogram): Distribution => ({
  count: histogram.total,
  sum: histogram.total * (histogram.mean ?? 0),
  atMost: (bound) => histogram.atMost(bound)
})

const spread = (histogram: Histogram): Spread => ({
  p50: histogram.percentile(0.5),
  p95: histogram.percentile(0.95),
  p99: histogram.percentile(0.99),
  mean: histogram.mean
})
