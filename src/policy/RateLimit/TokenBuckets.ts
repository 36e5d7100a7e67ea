import { NeverAdmissible } from "../../Rejection.ts"
import { TokenBucket } from "./TokenBucket.ts"

/** What a call takes of each bucket. */
export interface Units {
  readonly starts: number
  readonly tokens: number
}

export const nothing: Units = { starts: 0, tokens: 0 }

export const plus = (one: Units, other: Units, sign: 1 | -1 = 1): Units => ({
  starts: one.starts + sign * other.starts,
  tokens: one.tokens + sign * other.tokens
})

/** The limits of the buckets; they may change. */
interface Rates {
  readonly perSecond: { readonly current: number }
  readonly burst: number
  readonly tokensPerMinute: { readonly current: number }
}

/** A whole minute's tokens may be taken at once; without a limit the burst has no meaning. */
const tokenBurst = (perMinute: number): number => (perMinute === Infinity ? 1 : perMinute)

/** The bucket of starts and that of tokens: a call takes from both at one moment. */
export class TokenBuckets {
  readonly starts: TokenBucket
  readonly tokens: TokenBucket
  readonly #rates: Rates

  constructor(rates: Rates) {
    const perMinute = rates.tokensPerMinute.current
    this.starts = new TokenBucket(rates.perSecond.current, rates.burst)
    this.tokens = new TokenBucket(perMinute / 60, tokenBurst(perMinute))
    this.#rates = rates
  }

  /** A rate has changed. */
  onRate(now: number): void {
    const perMinute = this.#rates.tokensPerMinute.current
    this.starts.setRate(this.#rates.perSecond.current, now)
    this.tokens.setRate(perMinute / 60, now, tokenBurst(perMinute))
  }

  /** Whether no unit is missing. */
  areFull(now: number): boolean {
    return this.starts.isFull(now) && this.tokens.isFull(now)
  }

  /** The refusal of a call that takes more of a bucket than that can ever give. */
  refusal({ starts, tokens }: Units): NeverAdmissible | undefined {
    if (starts > this.starts.maxCost) {
      return new NeverAdmissible({ limit: "rate", asked: starts, capacity: this.starts.burst })
    }
    if (tokens <= this.tokens.maxCost) return undefined
    return new NeverAdmissible({ limit: "tokens", asked: tokens, capacity: this.tokens.burst })
  }

  /** The time when so many units are available, if no other call takes any. */
  due({ starts, tokens }: Units, now: number): number {
    return Math.max(this.starts.due(starts, now), this.tokens.due(tokens, now))
  }

  /** Which of the units are available last. */
  slowest({ starts, tokens }: Units, now: number): "rate" | "token" {
    return this.tokens.due(tokens, now) > this.starts.due(starts, now) ? "token" : "rate"
  }

  /** Takes units that are due; returns where the buckets stand then, for `putBack`. */
  take({ starts, tokens }: Units, now: number): Units {
    return { starts: this.starts.take(starts, now), tokens: this.tokens.take(tokens, now) }
  }

  putBack(units: Units, taken: Units): void {
    this.starts.putBack(units.starts, taken.starts)
    this.tokens.putBack(units.tokens, taken.tokens)
  }
}
