import { SlidingSum } from "../../stats/Windows.ts"

/** The window over which admitted units are counted, in milliseconds. */
const window = 60_000
/** The least time that tells a rate. */
const shortest = 5000
/** The rate begins a little lower than what was admitted, and grows slowly near it and faster later, as in CUBIC (RFC 9438). */
const least = 0.98
/** The rate grows by this part of itself in the first minute without a refusal. */
const growth = 0.32
/** A window that holds so much of the rate counts as full. */
const full = 0.9

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
    if (this.#perMinute === Infinity) return Infinity
    const minutes = (at - this.#setAt) / 60_000
    return this.#perMinute * (least + growth * minutes * minutes)
  }

  /** Whether a refusal may be due to this limit: about as much was admitted as at its last refusal. */
  isFull(at: number): boolean {
    const admitted = this.#recent(at)
    return admitted > 0 && (this.#perMinute === Infinity || admitted >= full * this.#perMinute)
  }

  /** Notes units that were admitted; a negative number corrects an estimate. */
  admit(units: number, at: number): void {
    this.#admitted.add(at, units)
  }

  /** The provider refused a call. */
  refuse(at: number): void {
    const admitted = this.#recent(at)
    if (admitted <= 0) return
    const before = this.perMinute(at)
    // Too little may have been asked for to tell the limit.
    this.#perMinute = before === Infinity ? admitted : Math.min(before, Math.max(admitted, leastPart * before))
    this.#setAt = at
  }

  /** The units per minute that were admitted in the recent past. */
  #recent(at: number): number {
    const time = Math.min(window, Math.max(shortest, at - this.#since))
    return (this.#admitted.sum(at) * 60_000) / time
  }
}
