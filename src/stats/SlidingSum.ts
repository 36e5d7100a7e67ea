/** How long a window is, in milliseconds, and into how many buckets it is cut. */
export interface Window {
  readonly length: number
  readonly buckets: number
}

/**
 * Sums what comes at moments, or steadily, over the window that ends now, in memory that never grows.
 *
 * Exact where the window begins at the edge of a bucket; the bucket it cuts is taken in proportion.
 */
export class SlidingSum {
  private readonly origin: number
  private readonly length: number
  private readonly width: number
  // The total at the edge of each bucket: the sum over a window is the difference of two totals.
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

  /** From now on, adds so much a millisecond. */
  flow(now: number, rate: number): void {
    if (now > this.end) this.advance(now)
    this.added = this.total(now)
    this.since = Math.max(now, this.since)
    this.rate = rate
  }

  /** The sum since the beginning. */
  total(now: number): number {
    return this.added + this.rate * Math.max(0, now - this.since)
  }

  /** The sum of what came after `now - length`, until now. */
  sum(now: number): number {
    if (now > this.end) this.advance(now)
    const begin = (Math.max(now, this.end - this.width) - this.length - this.origin) / this.width
    if (begin < 0) return this.total(now)
    const bucket = Math.floor(begin)
    const before = this.at(bucket)
    return this.total(now) - before - (this.at(bucket + 1) - before) * (begin - bucket)
  }

  private at(bucket: number): number {
    return this.edges[bucket % this.edges.length]!
  }

  private advance(now: number): void {
    const target = Math.ceil((now - this.origin) / this.width) - 1
    for (let bucket = Math.max(this.bucket + 1, target + 1 - this.edges.length); bucket <= target; bucket++) {
      this.edges[bucket % this.edges.length] = this.total(this.origin + bucket * this.width)
    }
    this.bucket = target
    this.end = this.origin + (target + 1) * this.width
  }
}
