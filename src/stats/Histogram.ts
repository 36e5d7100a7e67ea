const accuracy = 0.01
const smallest = 1e-6
const largest = 1e9

const step = Math.log((1 + accuracy) / (1 - accuracy))
const origin = Math.log(smallest)
const buckets = Math.ceil((Math.log(largest) - origin) / step) + 1

const bucketOf = (value: number): number =>
  value > smallest ? Math.min(buckets - 1, Math.ceil((Math.log(value) - origin) / step)) : 0

// Off by the same share at either end of the bucket, which halves the worst error of its edges.
const valueOf = (bucket: number): number => (bucket === 0 ? 0 : Math.exp(origin + bucket * step) * (1 - accuracy))

/**
 * Remembers how values spread, in memory that does not grow with their number.
 *
 * A percentile is within 1 % of the true one from 1e-6 (a nanosecond, if values are milliseconds) to 1e9.
 */
export class Histogram {
  private readonly counts = new Float64Array(buckets)
  private count = 0
  private sum = 0
  private least = Infinity
  private most = 0

  /** Adds a value; one below zero counts as zero. */
  record(value: number): void {
    const known = value > 0 ? value : 0
    this.counts[bucketOf(known)]!++
    this.count++
    this.sum += known
    if (known < this.least) this.least = known
    if (known > this.most) this.most = known
  }

  /** How many values there were. */
  get total(): number {
    return this.count
  }

  /** How many values do not exceed a bound, which is off by 1 % at most. */
  atMost(bound: number): number {
    if (bound >= this.most) return this.count
    if (bound < this.least) return 0
    const last = bound > smallest ? Math.round((Math.log(bound) - origin) / step) : 0
    let seen = 0
    for (let bucket = bucketOf(this.least); bucket <= last; bucket++) seen += this.counts[bucket]!
    return seen
  }

  /** The exact mean; `null` before the first value. */
  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count
  }

  /**
   * The smallest value that at least this share (0..1) of the values do not exceed; `null` before the first value.
   *
   * With `before`, an earlier state of the same histogram, only of the values since then.
   */
  percentile(share: number, before?: Histogram): number | null {
    const count = this.count - (before?.count ?? 0)
    if (count === 0) return null
    const rank = Math.max(1, Math.ceil(share * count))
    let bucket = bucketOf(this.least) - 1
    let seen = 0
    while (seen < rank) {
      bucket++
      seen += this.counts[bucket]! - (before?.counts[bucket] ?? 0)
    }
    return Math.min(this.most, Math.max(this.least, valueOf(bucket)))
  }

  /** Becomes as another one is now. */
  assign(other: Histogram): void {
    if (this.count === other.count) return
    this.counts.set(other.counts)
    this.count = other.count
    this.sum = other.sum
    this.least = other.least
    this.most = other.most
  }
}
