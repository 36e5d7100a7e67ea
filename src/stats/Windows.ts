/** A window's length in milliseconds, and the number of buckets it is divided into. */
export interface Window {
  readonly length: number
  readonly buckets: number
}

export const hour: Window = { length: 3_600_000, buckets: 60 }
export const tenMinutes: Window = { length: 600_000, buckets: 20 }
// A bucket per millisecond: the error is at most the number of starts in the one bucket that the window cuts.
export const second: Window = { length: 1_000, buckets: 1_000 }

/** A part of a whole, from 0 to 1; `none` if the whole is 0. Clamped, because sums over a window are rounded. */
export const share = (part: number, whole: number, none: number): number =>
  whole > 0 ? Math.min(1, Math.max(0, part / whole)) : none

/**
 * Sums amounts and steady rates over the window that ends now, in constant memory.
 *
 * Exact if the window begins at the edge of a bucket; otherwise the bucket it cuts counts in proportion.
 */
export class SlidingSum {
  private readonly origin: number
  private readonly length: number
  private readonly width: number
  // A ring of the running total at the end of each bucket: the sum over a window is the difference of two totals.
  private readonly edges: Float64Array
  private bucket = -1
  private end: number
  private added = 0
  private rate = 0
  private since: number

  constructor(origin: number, { buckets, length }: Window) {
    this.origin = origin
    this.length = length
    this.width = length / buckets
    this.edges = new Float64Array(buckets + 1)
    this.end = origin
    this.since = origin
  }

  /** Adds an amount; a moment on the edge of two buckets belongs to the earlier one. */
  add(now: number, amount: number): void {
    if (now > this.end) this.advance(now)
    this.added += amount
  }

  /** From now on, adds this amount per millisecond. */
  setRate(now: number, rate: number): void {
    if (now > this.end) this.advance(now)
    this.added = this.total(now)
    this.since = Math.max(now, this.since)
    this.rate = rate
  }

  /** The sum since the origin. */
  total(now: number): number {
    return this.added + this.rate * Math.max(0, now - this.since)
  }

  /** The sum over the window: after `now - length`, up to now. */
  sum(now: number): number {
    if (now > this.end) this.advance(now)
    const begin = (Math.max(now, this.end - this.width) - this.length - this.origin) / this.width
    if (begin < 0) return this.total(now)
    const bucket = Math.floor(begin)
    const before = this.edge(bucket)
    return this.total(now) - before - (this.edge(bucket + 1) - before) * (begin - bucket)
  }

  private edge(bucket: number): number {
    return this.edges[bucket % this.edges.length]!
  }

  private advance(now: number): void {
    const { edges, origin, width } = this
    const target = Math.ceil((now - origin) / width) - 1
    const from = Math.max(this.bucket + 1, target + 1 - edges.length)
    let slot = from % edges.length
    for (let bucket = from; bucket <= target; bucket++) {
      edges[slot] = this.total(origin + bucket * width)
      if (++slot === edges.length) slot = 0
    }
    this.bucket = target
    this.end = origin + (target + 1) * width
  }
}

/** The time-weighted mean of a value that changes in steps, over the window that ends now. */
export class TimeWeightedMean {
  private readonly origin: number
  private readonly length: number
  private readonly area: SlidingSum
  private value = 0

  constructor(origin: number, window: Window) {
    this.origin = origin
    this.length = window.length
    this.area = new SlidingSum(origin, window)
  }

  set(now: number, value: number): void {
    this.area.setRate(now, value)
    this.value = value
  }

  /** The integral of the value over time, in milliseconds, since the origin. */
  total(now: number): number {
    return this.area.total(now)
  }

  /** The mean over the window, or since the origin if that is shorter. */
  mean(now: number): number {
    const span = Math.min(this.length, now - this.origin)
    return span > 0 ? this.area.sum(now) / span : this.value
  }
}

/** The integral over time, in milliseconds, of a value that changes in steps. */
export class TimeIntegral {
  private value = 0
  private sum = 0
  private since: number

  constructor(now: number) {
    this.since = now
  }

  set(now: number, value: number): void {
    this.sum = this.total(now)
    this.since = Math.max(now, this.since)
    this.value = value
  }

  total(now: number): number {
    return this.sum + this.value * Math.max(0, now - this.since)
  }
}

/** How much a running total has grown in the last ten minutes and in the last hour. */
export class WindowedSum {
  private readonly short: SlidingSum
  private readonly long: SlidingSum
  private last = 0

  constructor(now: number) {
    this.short = new SlidingSum(now, tenMinutes)
    this.long = new SlidingSum(now, hour)
  }

  /** Records the total at a moment. */
  record(at: number, total: number): void {
    const growth = total - this.last
    if (growth === 0) return
    this.last = total
    this.short.add(at, growth)
    this.long.add(at, growth)
  }

  lastTenMinutes(now: number): number {
    return this.short.sum(now)
  }

  lastHour(now: number): number {
    return this.long.sum(now)
  }

  /** In the last hour, without its last ten minutes. */
  earlier(now: number): number {
    return this.lastHour(now) - this.lastTenMinutes(now)
  }
}

const minute = 60_000
// The minute that runs, and the sixty before it.
const minutes = 61

/** The largest value of the last hour, to the minute. */
export class WindowedMax {
  private readonly start: number
  private readonly largest = new Float64Array(minutes)
  private newest = 0

  constructor(now: number) {
    this.start = now
  }

  record(now: number, value: number): void {
    this.advance(now)
    const bucket = this.newest % minutes
    this.largest[bucket] = Math.max(this.largest[bucket]!, value)
  }

  max(now: number): number {
    this.advance(now)
    return Math.max(...this.largest)
  }

  private advance(now: number): void {
    const bucket = Math.floor((now - this.start) / minute)
    for (let next = Math.max(this.newest + 1, bucket + 1 - minutes); next <= bucket; next++)
      this.largest[next % minutes] = 0
    this.newest = Math.max(this.newest, bucket)
  }
}
