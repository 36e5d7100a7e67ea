import { Record, Schema } from "effect"
import { Histogram } from "./Histogram.ts"

const Column = Schema.Array(Schema.Finite)

/**
 * The last hour in columns of equal length, the oldest point first.
 *
 * One point per second for the last ten to eleven minutes, one per minute before, without gap or overlap.
 */
export const History = Schema.Struct({
  time: Column.annotate({ description: "The end of each point's interval, in milliseconds since 1970." }),
  queueSize: Column.annotate({ description: "Mean number of waiting calls over the interval." }),
  fill: Column.annotate({ description: "Mean of `queueSize` divided by the queue's maximum size." }),
  activeRequests: Column.annotate({ description: "Mean number of attempts at the model over the interval." }),
  arrivals: Column.annotate({ description: "Calls that arrived, per second." }),
  starts: Column.annotate({ description: "Attempts that started, per second." }),
  succeeded: Column.annotate({ description: "Calls that ended this way, per second; also the next four columns." }),
  failed: Column,
  rejected: Column,
  cancelled: Column,
  timedOut: Column,
  tokens: Column.annotate({ description: "Prompt and completion tokens per second." }),
  latencyP50: Schema.Array(Schema.NullOr(Schema.Finite)).annotate({
    description: "Milliseconds from first start to end of the calls that succeeded; `null` if none did."
  }),
  latencyP95: Schema.Array(Schema.NullOr(Schema.Finite)),
  circuit: Schema.Array(Schema.Literals(["closed", "half-open", "open"])).annotate({
    description: "`open` if the circuit was open during any part of the interval, else `half-open` if it was half-open."
  })
}).annotate({ identifier: "History" })
export type History = typeof History.Type

/** The points after a moment, in milliseconds since 1970. */
export const after = (history: History, moment: number): History => {
  const begin = history.time.findIndex((time) => time > moment)
  const from = begin < 0 ? history.time.length : begin
  return Record.map(history as Record.ReadonlyRecord<string, ReadonlyArray<unknown>>, (column) =>
    column.slice(from)
  ) as never
}

/** Counts since the start, and time integrals in milliseconds of the values that rise and fall. */
export interface Totals {
  readonly queueSize: number
  readonly fill: number
  readonly activeRequests: number
  readonly open: number
  readonly halfOpen: number
  readonly arrivals: number
  readonly starts: number
  readonly succeeded: number
  readonly failed: number
  readonly rejected: number
  readonly cancelled: number
  readonly timedOut: number
  readonly tokens: number
}

/** What a history is sampled from. */
export interface Source {
  /** The totals at any moment since the last event. */
  readonly totals: (at: number) => Totals
  /** Converts a moment to milliseconds since 1970. */
  readonly wallTime: (at: number) => number
  readonly latency: Histogram
}

/** The totals at the end of an interval, with the interval's own latency percentiles. */
interface Sample extends Totals {
  readonly at: number
  readonly time: number
  readonly latencyP50: number | null
  readonly latencyP95: number | null
}

type Point = { readonly [Name in keyof History]: History[Name][number] }

const second = 1_000

// To a thousandth, which keeps the JSON small.
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/** The interval between two samples. */
const pointBetween = (before: Sample, sample: Sample): Point => {
  const length = sample.at - before.at
  const mean = (name: keyof Totals) => rounded((sample[name] - before[name]) / length)
  const perSecond = (name: keyof Totals) => rounded(((sample[name] - before[name]) * second) / length)
  return {
    time: sample.time,
    queueSize: mean("queueSize"),
    fill: mean("fill"),
    activeRequests: mean("activeRequests"),
    arrivals: perSecond("arrivals"),
    starts: perSecond("starts"),
    succeeded: perSecond("succeeded"),
    failed: perSecond("failed"),
    rejected: perSecond("rejected"),
    cancelled: perSecond("cancelled"),
    timedOut: perSecond("timedOut"),
    tokens: perSecond("tokens"),
    latencyP50: sample.latencyP50 === null ? null : rounded(sample.latencyP50),
    latencyP95: sample.latencyP95 === null ? null : rounded(sample.latencyP95),
    circuit: sample.open > before.open ? "open" : sample.halfOpen > before.halfOpen ? "half-open" : "closed"
  }
}

/** A ring of the latest samples, one per interval of a fixed width. */
class TimeSeries {
  private readonly source: Source
  private readonly start: number
  private readonly width: number
  private readonly size: number
  private readonly samples: Array<Sample> = []
  // The latencies up to the newest sample: an interval's own are those recorded since.
  private readonly latencyBefore = new Histogram()
  /** The number of whole intervals since the start. */
  length = 0
  /** The end of the current interval. */
  due: number

  constructor(source: Source, start: number, width: number, intervals: number) {
    this.source = source
    this.start = start
    this.width = width
    this.size = intervals + 1
    this.samples.push(this.sample(0))
    this.due = start + width
  }

  /** Takes the samples due by now, before an event at that moment counts. */
  advance(now: number): void {
    if (now < this.due) return
    const newest = Math.floor((now - this.start) / this.width)
    for (let next = Math.max(this.length + 1, newest + 1 - this.size); next <= newest; next++) {
      this.samples[next % this.size] = this.sample(next)
    }
    this.length = newest
    this.due = this.start + (newest + 1) * this.width
  }

  /** The intervals from one to another, as far back as samples are kept. */
  points(from: number, to: number): ReadonlyArray<Point> {
    const points: Array<Point> = []
    for (let next = Math.max(from, 0, this.length + 1 - this.size) + 1; next <= to; next++) {
      points.push(pointBetween(this.samples[(next - 1) % this.size]!, this.samples[next % this.size]!))
    }
    return points
  }

  private sample(index: number): Sample {
    const at = this.start + index * this.width
    const { latency, totals, wallTime } = this.source
    const sample = {
      ...totals(at),
      at,
      time: Math.round(wallTime(at)),
      latencyP50: latency.percentile(0.5, this.latencyBefore),
      latencyP95: latency.percentile(0.95, this.latencyBefore)
    }
    this.latencyBefore.copyFrom(latency)
    return sample
  }
}

const perMinute = 60
const shown = { seconds: 600, minutes: 60 }

/**
 * Keeps the history of the last hour.
 *
 * Samples are taken late, by the first event or read after an interval's end: between two events the totals of every
 * moment are known. So there is no timer, and calls pay for one sample per second.
 */
export class HistoryStore {
  private readonly seconds: TimeSeries
  private readonly minutes: TimeSeries

  constructor(source: Source, start: number) {
    // Seconds must reach back to the edge of a minute.
    this.seconds = new TimeSeries(source, start, second, shown.seconds + perMinute)
    this.minutes = new TimeSeries(source, start, second * perMinute, shown.minutes)
  }

  /** The end of the current second. */
  get due(): number {
    return this.seconds.due
  }

  /** Takes the samples due by now, before an event at that moment counts. */
  advance(now: number): void {
    this.seconds.advance(now)
    this.minutes.advance(now)
  }

  read(now: number): History {
    this.advance(now)
    const end = this.seconds.length
    const firstMinuteOfSeconds = Math.max(0, Math.floor((end - shown.seconds) / perMinute))
    const oldest = Math.ceil(end / perMinute) - shown.minutes
    return columnsOf([
      ...this.minutes.points(oldest, firstMinuteOfSeconds),
      ...this.seconds.points(firstMinuteOfSeconds * perMinute, end)
    ])
  }
}

const names = Object.keys(History.fields) as ReadonlyArray<keyof History>

const columnsOf = (points: ReadonlyArray<Point>): History =>
  Object.fromEntries(names.map((name) => [name, points.map((point) => point[name])])) as never
