import type { Span } from "./Incident.ts"

const minute = 60_000

/** An allowance that refills evenly and holds one minute's worth: a token bucket. */
class Allowance {
  readonly #perMinute: number
  #left: number
  #at: number

  constructor(perMinute: number, at: number) {
    this.#perMinute = perMinute
    this.#left = perMinute
    this.#at = at
  }

  /** Milliseconds until so much is there; what exceeds a minute's worth counts as one. */
  wait(amount: number, at: number): number {
    if (this.#perMinute === Infinity) return 0
    this.#left = Math.min(this.#perMinute, this.#left + ((at - this.#at) * this.#perMinute) / minute)
    this.#at = at
    // A rate below one a minute has room for a request once it is full.
    const missing = Math.min(amount, this.#perMinute) - this.#left
    return missing <= 1e-9 ? 0 : (missing * minute) / this.#perMinute
  }

  take(amount: number): void {
    if (this.#perMinute !== Infinity) this.#left -= Math.min(amount, this.#perMinute)
  }
}

/** The rate limits of a provider: incidents of the kind `limit`. */
export class Quota {
  readonly #limits: ReadonlyArray<{ readonly span: Span; readonly requests: Allowance; readonly tokens: Allowance }>

  constructor(spans: ReadonlyArray<Span>) {
    this.#limits = spans
      .filter(({ kind }) => kind === "limit")
      .map((span) => ({
        span,
        requests: new Allowance(span.requestsPerMinute, span.from),
        tokens: new Allowance(span.tokensPerMinute, span.from)
      }))
  }

  /** Admits a request with so many tokens, or returns the milliseconds until it would be admitted. */
  admit(tokens: number, at: number): number {
    const limits = this.#limits.filter(({ span }) => span.from <= at && at < span.to)
    const wait = Math.max(0, ...limits.flatMap((limit) => [limit.requests.wait(1, at), limit.tokens.wait(tokens, at)]))
    if (wait > 0) return wait
    for (const limit of limits) {
      limit.requests.take(1)
      limit.tokens.take(tokens)
    }
    return 0
  }
}
