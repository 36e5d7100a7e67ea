import { SlidingSum } from "../domain/SlidingSum.ts"
import type { Now } from "./Time.ts"

const window = 10_000

/**
 * Lets retries be a share of the calls of the last ten seconds, and a few a second besides.
 *
 * After Finagle's retry budget: a model that fails everything is not asked three times as often for it.
 */
export class RetryBudget {
  readonly #calls: SlidingSum
  readonly #retries: SlidingSum
  readonly #share: number
  readonly #least: number
  #uncounted = 0

  constructor(share: number, perSecond: number, now: number) {
    this.#share = share
    this.#least = (perSecond * window) / 1000
    this.#calls = new SlidingSum(now, { length: window, buckets: 20 })
    this.#retries = new SlidingSum(now, { length: window, buckets: 20 })
  }

  /** Counts a call that was made. */
  earn(clock: Now): void {
    // Reading the time for each call would cost more than counting it: a few dozen share their moment.
    if (++this.#uncounted >= 32) this.#count(clock())
  }

  /** Takes one retry if the budget has it. */
  spend(now: number): boolean {
    this.#count(now)
    if (this.#calls.sum(now) * this.#share + this.#least - this.#retries.sum(now) < 1) return false
    this.#retries.add(now, 1)
    return true
  }

  #count(now: number): void {
    this.#calls.add(now, this.#uncounted)
    this.#uncounted = 0
  }
}
