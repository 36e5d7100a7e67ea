import { Histogram } from "./Histogram.ts"
import { between, type Sample, type Point, type Totals } from "./Sample.ts"

/** Where a track reads. */
export interface Source {
  /** The totals at a moment since the last event. */
  readonly totals: (at: number) => Totals
  /** The same moment in milliseconds since 1970. */
  readonly wall: (at: number) => number
  readonly latency: Histogram
}

/** Remembers the edges of the latest intervals of one width. */
export class TimeSeries {
  private readonly source: Source
  private readonly start: number
  private readonly width: number
  private readonly size: number
  private readonly edges: Array<Sample> = []
  // The latencies until the newest edge: those of an interval are what has come since.
  private readonly before = new Histogram()
  private newest = 0
  /** The first moment that belongs to no interval yet. */
  due: number

  /** Keeps so many intervals. */
  constructor(source: Source, start: number, width: number, intervals: number) {
    this.source = source
    this.start = start
    this.width = width
    this.size = intervals + 1
    this.edges.push(this.edge(0))
    this.due = start + width
  }

  /** The number of whole intervals since the start. */
  get length(): number {
    return this.newest
  }

  /** Closes each interval that has ended by now: nothing has happened since its last event. */
  follow(now: number): void {
    if (now < this.due) return
    const newest = Math.floor((now - this.start) / this.width)
    for (let next = Math.max(this.newest + 1, newest + 1 - this.size); next <= newest; next++) {
      this.edges[next % this.size] = this.edge(next)
    }
    this.newest = newest
    this.due = this.start + (newest + 1) * this.width
  }

  /** The intervals between two edges, as far as they are remembered. */
  points(from: number, to: number): ReadonlyArray<Point> {
    const points: Array<Point> = []
    for (let next = Math.max(from, 0, this.newest + 1 - this.size) + 1; next <= to; next++) {
      points.push(between(this.edges[(next - 1) % this.size]!, this.edges[next % this.size]!))
    }
    return points
  }

  private edge(index: number): Sample {
    const at = this.start + index * this.width
    const { latency, totals, wall } = this.source
    const edge = {
      ...totals(at),
      at,
      time: Math.round(wall(at)),
      latencyP50: latency.percentile(0.5, this.before),
      latencyP95: latency.percentile(0.95, this.before)
    }
    this.before.assign(latency)
    return edge
  }
}
