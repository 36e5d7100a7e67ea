import { SlidingSum } from "../../stats/Windows.ts"

/** The window over which admitted units are counted, in milliseconds. */
const window = 60_000
/** The least time that tells a rate. */
const shortest = 5000
/** The rate grows by this part of itself in a minute without a refusal. */
const growth = 0.3

/** One refusal takes no more than this part of the rate away, as in CUBIC. */
const leastPart = 0.7

/**
 * The rate that a provider admits, learned from its refusals: after a 429 the rate that was admitted in the last minute,
 * from then on a little more each second, so that a limit which was raised is found.
 */
export class AdmittedRate {
  readonly #admitted: SlidingSum
  readonly #since: number
  /** Units per minute; `Infinity` before the first refusal. */
  #perMinute = Infinity
  #setAt = 0

  constructor(at: number) {
    this.#since = at
    this.#admitted = new SlidingSum(at, { length: window, buckets: 60 })
  }

  /** The units per minute to pace at. */
  perMinute(at: number): number {
    return this.#perMinute === Infinity ? Infinity : this.#perMinute * (1 + (growth * (at - this.#setAt)) / 60_000)
  }

  /** Notes units that were admitted; a negative number corrects an estimate. */
  admit(units: number, at: number): void {
    this.#admitted.add(at, units)
  }

  /** The provider refused a call. */
  refuse(at: number): void {
    const time = Math.min(window, Math.max(shortest, at - this.#since))
    const admitted = (this.#admitted.sum(at) * 60_000) / time
    if (admitted <= 0) return
    const before = this.perMinute(at)
    // Too little may have been asked for to tell the limit.
    this.#perMinute = before === Infinity ? admitted : Math.min(before, Math.max(admitted, leastPart * before))
    this.#setAt = at
  }
}
