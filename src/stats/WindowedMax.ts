const width = 60_000
const count = 61

/** Remembers the largest value of the last hour, to the minute. */
export class WindowedMax {
  private readonly start: number
  private readonly most = new Float64Array(count)
  private newest = 0

  constructor(now: number) {
    this.start = now
  }

  record(now: number, value: number): void {
    this.advance(now)
    const bucket = this.newest % count
    this.most[bucket] = Math.max(this.most[bucket]!, value)
  }

  value(now: number): number {
    this.advance(now)
    return Math.max(...this.most)
  }

  private advance(now: number): void {
    const bucket = Math.floor((now - this.start) / width)
    for (let next = Math.max(this.newest + 1, bucket + 1 - count); next <= bucket; next++) this.most[next % count] = 0
    this.newest = Math.max(this.newest, bucket)
  }
}
