/**
 * A token bucket kept as one moment: when it would be full again (the generic cell rate algorithm, ITU-T I.371).
 *
 * Times are milliseconds. In any stretch of time `t` at most `burst + perSecond * t / 1000` units are taken.
 */
export class Bucket {
  readonly burst: number
  #perSecond: number
  #unit: number
  #full = -Infinity

  constructor(perSecond: number, burst: number) {
    this.burst = burst
    this.#perSecond = perSecond
    this.#unit = 1000 / perSecond
  }

  /** Units that come back per second. */
  get perSecond(): number {
    return this.#perSecond
  }

  /** The most units that can ever be taken at once. */
  get reach(): number {
    return this.#unit === 0 ? Infinity : this.burst
  }

  /** When so many units are there, if nobody else takes any from now on. */
  due(units: number, now: number): number {
    return Math.max(this.#full, now) + (units - this.burst) * this.#unit
  }

  /** Takes units that are due; the moment returned serves to put them back. */
  take(units: number, now: number): number {
    this.#full = Math.max(this.#full, now) + units * this.#unit
    return this.#full
  }

  /** Puts units back that were not used, unless others have been taken since: then they have done their pacing. */
  putBack(units: number, taken: number): void {
    if (this.#full === taken) this.#full -= units * this.#unit
  }

  /** Changes the rate; units owed are owed still. */
  retime(perSecond: number, now: number): void {
    const owed = this.#unit === 0 ? 0 : Math.max(0, this.#full - now) / this.#unit
    this.#perSecond = perSecond
    this.#unit = 1000 / perSecond
    this.#full = now + owed * this.#unit
  }
}
