/**
 * A token bucket kept as one number, the moment at which it would be full again (generic cell rate algorithm, ITU-T
 * I.371).
 *
 * Times are milliseconds. In any stretch of time `t` at most `burst + perSecond * t / 1000` units are taken.
 */
export class TokenBucket {
  burst: number
  #interval: number
  #fullAt = -Infinity

  constructor(perSecond: number, burst: number) {
    this.burst = burst
    this.#interval = 1000 / perSecond
  }

  /** Milliseconds in which one unit comes back. */
  get interval(): number {
    return this.#interval
  }

  /** Whether no unit is missing. */
  isFull(now: number): boolean {
    return this.#fullAt <= now
  }

  /** The most units that can ever be taken at once. */
  get maxCost(): number {
    return this.#interval === 0 ? Infinity : this.burst
  }

  /** The time when so many units are available, if no other call takes any. */
  due(units: number, now: number): number {
    return Math.max(this.#fullAt, now) + (units - this.burst) * this.#interval
  }

  /** Takes units that are due; returns a token for `putBack`. */
  take(units: number, now: number): number {
    this.#fullAt = Math.max(this.#fullAt, now) + units * this.#interval
    return this.#fullAt
  }

  /** Puts unused units back, unless others have been taken since: those were already paced by them. */
  putBack(units: number, taken: number): void {
    if (this.#fullAt === taken) this.#fullAt -= units * this.#interval
  }

  /** Changes the rate, and the burst if one is given; units owed stay owed. */
  setRate(perSecond: number, now: number, burst: number = this.burst): void {
    const owed = this.#interval === 0 ? 0 : Math.max(0, this.#fullAt - now) / this.#interval
    this.#interval = 1000 / perSecond
    this.burst = burst
    this.#fullAt = now + owed * this.#interval
  }
}
