import type { Recent } from "./Recent.ts"
import { WindowedSum } from "./WindowedSum.ts"
import { WindowedMax } from "./WindowedMax.ts"
import { tenMinutes } from "./Windows.ts"

const second = 1_000
const enough = 20

/** What is counted since the start. */
export interface Totals {
  readonly arrivals: number
  readonly starts: number
  /** Calls that had started and have ended, and the milliseconds from their first start to their end. */
  readonly holders: number
  readonly held: number
  /** The same of the calls that succeeded. */
  readonly answers: number
  readonly answered: number
  readonly openings: number
  readonly queueFull: number
  readonly outOfTime: number
  readonly unauthorized: number
  readonly notFound: number
  readonly invalid: number
  readonly jobs: number
}

type Flows = Readonly<Record<keyof Totals, WindowedSum>>

/** Follows totals about once a second, so that the figures of late cost calls nothing. */
export class RecentWindow {
  private readonly start: number
  private readonly flows: Flows
  private readonly peak: WindowedMax
  private followed: number

  constructor(now: number) {
    const flow = () => new WindowedSum(now)
    this.start = now
    this.followed = now
    this.peak = new WindowedMax(now)
    this.flows = {
      arrivals: flow(),
      starts: flow(),
      holders: flow(),
      held: flow(),
      answers: flow(),
      answered: flow(),
      openings: flow(),
      queueFull: flow(),
      outOfTime: flow(),
      unauthorized: flow(),
      notFound: flow(),
      invalid: flow(),
      jobs: flow()
    }
  }

  /** Notes the totals, the attempts at the model now, and the most since the last time. */
  follow(now: number, totals: Totals, active: number, most: number): void {
    // What has grown did so within a second: whatever comes later is preceded by a look.
    const at = Math.min(now, this.followed + second)
    for (const [name, flow] of Object.entries(this.flows)) flow.follow(at, totals[name as keyof Totals])
    this.peak.record(at, most)
    this.peak.record(now, active)
    this.followed = now
  }

  figures(now: number): Recent {
    const { answered, answers, arrivals, held, holders, jobs, openings, starts } = this.flows
    const { invalid, notFound, outOfTime, queueFull, unauthorized } = this.flows
    const span = Math.max(second, Math.min(tenMinutes.length, now - this.start))
    const lately = answers.lately(now)
    const earlier = answers.earlier(now)
    return {
      arrivals: Math.round(arrivals.hour(now)),
      arrivalsPerSecond: (arrivals.lately(now) * second) / span,
      startsPerSecond: (starts.lately(now) * second) / span,
      heldMs: holders.lately(now) > 0.5 ? held.lately(now) / holders.lately(now) : null,
      latencyMs: lately > enough - 0.5 ? answered.lately(now) / lately : null,
      earlierLatencyMs: earlier > enough - 0.5 ? answered.earlier(now) / earlier : null,
      peak: this.peak.value(now),
      openings: Math.round(openings.hour(now)),
      queueFull: Math.round(queueFull.hour(now)),
      outOfTime: Math.round(outOfTime.hour(now)),
      unauthorized: Math.round(unauthorized.hour(now)),
      notFound: Math.round(notFound.hour(now)),
      invalid: Math.round(invalid.hour(now)),
      jobsPerMinute: (jobs.lately(now) * 60 * second) / span
    }
  }
}
