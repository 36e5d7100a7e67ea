import { SlidingSum } from "./SlidingSum.ts"
import { hour, tenMinutes } from "./Windows.ts"

/** Tells by how much a total has grown of late. */
export class WindowedSum {
  private readonly shorter: SlidingSum
  private readonly longer: SlidingSum
  private seen = 0

  constructor(now: number) {
    this.shorter = new SlidingSum(now, tenMinutes)
    this.longer = new SlidingSum(now, hour)
  }

  follow(at: number, total: number): void {
    const grown = total - this.seen
    if (grown === 0) return
    this.seen = total
    this.shorter.add(at, grown)
    this.longer.add(at, grown)
  }

  /** In the last ten minutes. */
  lately(now: number): number {
    return this.shorter.sum(now)
  }

  /** In the last hour. */
  hour(now: number): number {
    return this.longer.sum(now)
  }

  /** In the last hour, but not in its last ten minutes. */
  earlier(now: number): number {
    return this.hour(now) - this.lately(now)
  }
}
