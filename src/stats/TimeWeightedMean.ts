import { SlidingSum, type Window } from "./SlidingSum.ts"

/** Follows a value that changes in steps, and tells its mean over the window that ends now, weighted by time. */
export class Level {
  private readonly origin: number
  private readonly length: number
  private readonly area: SlidingSum
  private value = 0

  constructor(origin: number, window: Window) {
    this.origin = origin
    this.length = window.length
    this.area = new SlidingSum(origin, window)
  }

  /** From now on the value is this. */
  set(now: number, value: number): void {
    this.area.flow(now, value)
    this.value = value
  }

  /** The value times the milliseconds it held, summed since the beginning. */
  total(now: number): number {
    return this.area.total(now)
  }

  /** The mean over the window, or since the beginning if that is shorter. */
  mean(now: number): number {
    const span = Math.min(this.length, now - this.origin)
    return span > 0 ? this.area.sum(now) / span : this.value
  }
}
