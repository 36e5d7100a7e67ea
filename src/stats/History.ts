import type { History } from "./HistorySchema.ts"
import type { Point } from "./Sample.ts"
import { type Source, TimeSeries } from "./TimeSeries.ts"

const second = 1_000
const perMinute = 60
const shown = { seconds: 600, minutes: 60 }

/**
 * Remembers the last hour.
 *
 * It looks at the books when the first event after a second's end comes in, or a reader: between two events they are
 * known at every moment. So it needs no timer, and calls pay for one look a second.
 */
export class HistoryStore {
  private readonly seconds: TimeSeries
  private readonly minutes: TimeSeries

  constructor(source: Source, start: number) {
    // Seconds reach back to the edge of a minute.
    this.seconds = new TimeSeries(source, start, second, shown.seconds + perMinute)
    this.minutes = new TimeSeries(source, start, second * perMinute, shown.minutes)
  }

  /** When the present second ends. */
  get due(): number {
    return this.seconds.due
  }

  /** Closes the intervals that have ended, before what happens now counts. */
  follow(now: number): void {
    this.seconds.follow(now)
    this.minutes.follow(now)
  }

  figures(now: number): History {
    this.follow(now)
    const end = this.seconds.length
    const turn = Math.max(0, Math.floor((end - shown.seconds) / perMinute))
    const oldest = Math.ceil(end / perMinute) - shown.minutes
    return columns([...this.minutes.points(oldest, turn), ...this.seconds.points(turn * perMinute, end)])
  }
}

const columns = (points: ReadonlyArray<Point>): History => {
  const column = <Name extends keyof Point>(name: Name): ReadonlyArray<Point[Name]> =>
    points.map((point) => point[name])
  return {
    time: column("time"),
    queueSize: column("queueSize"),
    fill: column("fill"),
    activeRequests: column("activeRequests"),
    arrivals: column("arrivals"),
    starts: column("starts"),
    succeeded: column("succeeded"),
    failed: column("failed"),
    rejected: column("rejected"),
    cancelled: column("cancelled"),
    timedOut: column("timedOut"),
    tokens: column("tokens"),
    latencyP50: column("latencyP50"),
    latencyP95: column("latencyP95"),
    circuit: column("circuit")
  }
}
