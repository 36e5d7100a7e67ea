/** A budget saved up so long that it would let a storm of hedges follow a quiet time is no budget. */
const most = 10

/** Shares are rounded. */
const rounding = 1e-9

/** Allows hedges for a share of the calls (a token bucket that calls fill, as gRPC's retry throttling). */
export class HedgeBudget {
  readonly #ratio: number
  #tokens = 0

  constructor(ratio: number) {
    this.#ratio = ratio
  }

  /** Counts a call. */
  earn(): void {
    this.#tokens = Math.min(most, this.#tokens + this.#ratio)
  }

  /** Takes one hedge; returns whether the budget had it. */
  spend(): boolean {
    if (this.#tokens < 1 - rounding) return false
    this.#tokens -= 1
    return true
  }
}
