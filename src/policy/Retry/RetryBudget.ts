import { SlidingSum } from "../../stats/Windows.ts"

const window = 10_000

/**
 * Allows retries for a share of the calls of the last ten seconds, and a few a second besides (Finagle's
 * `RetryBudget`).
 *
 * So a model that fails every call does not get three times the load.
 */
export class RetryBudget {
  readonly #calls: SlidingSum
  readonly #retries: SlidingSum
  readonly #ratio: number
  readonly #minimum: number

  constructor(ratio: number, minPerSecond: number, now: number) {
    this.#ratio = ratio
    this.#minimum = (minPerSecond * window) / 1000
    this.#calls = new SlidingSum(now, { length: window, buckets: 20 })
    this.#retries = new SlidingSum(now, { length: window, buckets: 20 })
  }

  /** Counts a call that was made. */
  earn(now: number): void {
    this.#calls.add(now, 1)
  }

  /** Takes one retry; returns whether the budget had it. */
  spend(now: number): boolean {
    if (this.#calls.sum(now) * this.#ratio + this.#minimum - this.#retries.sum(now) < 1) return false
    this.#retries.add(now, 1)
    return true
  }
}
