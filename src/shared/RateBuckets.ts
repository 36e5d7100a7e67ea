import type { ResolvedOptions } from "../Call.ts"
import { NeverAdmissible } from "../Rejection.ts"
import type { Link } from "./Link.ts"
import type { Bucket, Reservation, Slot as Taken } from "./Port.ts"

/** A moment that the store has booked for a call. */
export interface Slot {
  /** In which order moments were booked. */
  readonly order: number
  readonly dueAt: number
  readonly request: Reservation
  readonly taken: Taken
}

/** What the units of a call wait for. */
export const waitsForOf = ({ slowest }: Taken) => (slowest === 0 ? "rate" : "token")

/** The limits of starts, and of tokens if they are limited. */
export interface RateLimits {
  readonly name: string
  readonly perSecond: { readonly current: number }
  readonly burst: number
  readonly tokensPerMinute: { readonly current: number }
  readonly maxWait: number
}

/** The buckets that starts are taken from: those of all replicas, or the replica's own while the store is down. */
export class RateBuckets {
  readonly #limits: RateLimits
  readonly #link: Link
  /** When buckets of the replica's own would be full again, if it had always taken its share from them. */
  #ownFullAt: ReadonlyArray<number> = []

  constructor(limits: RateLimits, link: Link) {
    this.#limits = limits
    this.#link = link
  }

  get limitsTokens(): boolean {
    return this.#limits.tokensPerMinute.current < Infinity
  }

  get perSecond(): number {
    return this.#link.share(this.#limits.perSecond.current)
  }

  /** The units of each bucket that a call takes, whether tokens are limited now or may be later. */
  unitsOf({ tokens }: ResolvedOptions): ReadonlyArray<number> {
    return [1, tokens]
  }

  /** Whether the one takes as much as the other of each bucket that there is now. */
  areAlike(a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean {
    return a[0] === b[0] && (!this.limitsTokens || a[1] === b[1])
  }

  /** Why a call can never have its units. */
  refusal([asked, tokens = 0]: ReadonlyArray<number>): NeverAdmissible | undefined {
    const { burst, perSecond, tokensPerMinute } = this.#limits
    if (asked! > burst && perSecond.current < Infinity)
      return new NeverAdmissible({ limit: "rate", asked: asked!, capacity: burst })
    if (tokens > tokensPerMinute.current)
      return new NeverAdmissible({ limit: "tokens", asked: tokens, capacity: tokensPerMinute.current })
    return undefined
  }

  /** Asks for units of a call. */
  reservation(units: ReadonlyArray<number>): Reservation {
    const { maxWait, name } = this.#limits
    const buckets = this.#buckets(0)
    return { name, buckets, units: units.slice(0, buckets.length), maxWait }
  }

  /** Asks for starts in advance, if they are due now: so many more than the burst may be taken. */
  advance(starts: number, extra: number): Reservation {
    return { name: this.#limits.name, buckets: this.#buckets(extra), units: [starts], maxWait: 0 }
  }

  /** Notes units that are due at a moment. */
  charge(units: ReadonlyArray<number>, at: number): void {
    this.#ownFullAt = this.#shares.map(
      ({ interval }, i) => Math.max(this.#ownFullAt[i] ?? at, at) + (units[i] ?? 0) * interval
    )
  }

  /**
   * Takes from the replica's own buckets what it owes them, when it begins to use them: full ones would let all
   * replicas start once more at once. A unit is due within its interval at the latest.
   */
  settlement(now: number): Reservation | undefined {
    const shares = this.#shares
    const units = shares.map(({ burst, interval }, i) => {
      const owed = ((this.#ownFullAt[i] ?? now) - now) / interval
      return Math.max(0, Math.min(owed, burst)) || 0
    })
    if (units.every((owed) => owed === 0)) return undefined
    const buckets = shares.map((share) => ({ ...share, burst: 1e12 }))
    return { name: this.#limits.name, buckets, units, maxWait: Infinity }
  }

  #buckets(extra: number): ReadonlyArray<Bucket> {
    const { burst, name, tokensPerMinute } = this.#limits
    const link = this.#link
    const starts = {
      name: `${name}:starts`,
      interval: 1000 / this.perSecond,
      burst: Math.max(1, Math.min(link.share(burst), 1e12)) + extra
    }
    if (!this.limitsTokens) return [starts]
    const perMinute = link.share(tokensPerMinute.current)
    return [starts, { name: `${name}:tokens`, interval: 60_000 / perMinute, burst: Math.min(perMinute, 1e15) }]
  }

  get #shares(): ReadonlyArray<Bucket> {
    const parts = this.#link.isUp ? this.#link.replicas : 1
    return this.#buckets(0).map(({ burst, interval, name }) => ({
      name,
      interval: interval * parts,
      burst: Math.max(1, burst / parts)
    }))
  }
}
