import type { Percentiles } from "./Snapshot.ts"

const accuracy = 0.01
const smallest = 1e-6
const largest = 1e9

const step = Math.log((1 + accuracy) / (1 - accuracy))
const origin = Math.log(smallest)
const buckets = Math.ceil((Math.log(largest) - origin) / step) + 1

const bucketOf = (value: number): number =>
  value > smallest ? Math.min(buckets - 1, Math.ceil((Math.log(value) - origin) / step)) : 0

// Equally wrong, in proportion, at both edges of the bucket.
const valueOf = (bucket: number): number => (bucket === 0 ? 0 : Math.exp(origin + bucket * step) * (1 - accuracy))

/** A distribution of values as of the moment it was read; a bound is off by at most 1 %. */
export interface Distribution {
  readonly count: number
  readonly sum: number
  /** The number of values up to a bound. Call it at once: it follows the values that come later. */
  readonly atMost: (bound: number) => number
}

/**
 * A histogram with logarithmic buckets, in constant memory: DDSketch (Masson, Rim, Lee 2019) over a fixed range.
 *
 * Percentiles are within 1 % of the true value from 1e-6 (a nanosecond, for values in milliseconds) to 1e9.
 */
export class Histogram {
  private readonly counts = new Float64Array(buckets)
  private count = 0
  private sum = 0
  private min = Infinity
  private max = 0

  /** Adds a value; a negative one counts as 0. */
  record(value: number): void {
    const known = value > 0 ? value : 0
    this.counts[bucketOf(known)]!++
    this.count++
    this.sum += known
    if (known < this.min) this.min = known
    if (known > this.max) this.max = known
  }

  /** The number of values up to a bound, which is off by at most 1 %. */
  atMost(bound: number): number {
    if (bound >= this.max) return this.count
    if (bound < this.min) return 0
    const last = bound > smallest ? Math.round((Math.log(bound) - origin) / step) : 0
    let seen = 0
    for (let bucket = bucketOf(this.min); bucket <= last; bucket++) seen += this.counts[bucket]!
    return seen
  }

  /** The exact mean; `null` before the first value. */
  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count
  }

  /**
   * The smallest value that at least this share (0 to 1) of the values do not exceed; `null` before the first value.
   *
   * With `before`, an earlier copy of this histogram, only the values since then count.
   */
  percentile(share: number, before?: Histogram): number | null {
    const count = this.count - (before?.count ?? 0)
    if (count === 0) return null
    const rank = Math.max(1, Math.ceil(share * count))
    let bucket = bucketOf(this.min) - 1
    let seen = 0
    while (seen < rank) {
      bucket++
      seen += this.counts[bucket]! - (before?.counts[bucket] ?? 0)
    }
    return Math.min(this.max, Math.max(this.min, valueOf(bucket)))
  }

  get percentiles(): Percentiles {
    return { p50: this.percentile(0.5), p95: this.percentile(0.95), p99: this.percentile(0.99), mean: this.mean }
  }

  get distribution(): Distribution {
    return { count: this.count, sum: this.sum, atMost: (bound) => this.atMost(bound) }
  }

  /** Becomes a copy of another histogram. */
  copyFrom(other: Histogram): void {
    if (this.count === other.count) return
    this.counts.set(other.counts)
    this.count = other.count
    this.sum = other.sum
    this.min = other.min
    this.max = other.max
  }
}
