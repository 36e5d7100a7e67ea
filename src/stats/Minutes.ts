const minute = 60_000
const kept = 60
const fewest = 5

/** Counts minute by minute for an hour, to tell how even the minutes are. */
export class Minutes {
  private readonly start: number
  private readonly counts: Array<number> = []
  /** The minute that runs, and its count. */
  private present = 0
  private count = 0

  constructor(now: number) {
    this.start = now
  }

  add(now: number): void {
    this.follow(now)
    this.count++
  }

  /** Deviation by mean over the whole minutes; `null` where they are few or nothing was counted. */
  variation(now: number): number | null {
    this.follow(now)
    const { counts } = this
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
    if (counts.length < fewest || mean === 0) return null
    return Math.sqrt(counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length) / mean
  }

  private follow(now: number): void {
    const minutes = Math.floor((now - this.start) / minute)
    if (minutes === this.present) return
    this.keep(this.count)
    // After an hour without any, all that is kept is minutes without any.
    for (let idle = Math.min(kept, minutes - this.present - 1); idle > 0; idle--) this.keep(0)
    this.present = minutes
    this.count = 0
  }

  private keep(count: number): void {
    this.counts.push(count)
    if (this.counts.length > kept) this.counts.shift()
  }
}
