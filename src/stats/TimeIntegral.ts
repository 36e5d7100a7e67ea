/** Sums a value that changes in steps over time. */
export class TimeIntegral {
  private value = 0
  private sum = 0
  private since: number

  constructor(now: number) {
    this.since = now
  }

  /** From now on the value is this. */
  set(now: number, value: number): void {
    this.sum = this.total(now)
    this.since = Math.max(now, this.since)
    this.value = value
  }

  /** The sum since the beginning. */
  total(now: number): number {
    return this.sum + this.value * Math.max(0, now - this.since)
  }
}
