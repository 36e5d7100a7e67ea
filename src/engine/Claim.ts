import { type Call, type End, type ResolvedOptions, Stage, waits } from "../Call.ts"
import type { Reason } from "../Rejection.ts"
import type { Linked } from "./Fifo.ts"

/** Permits that are handed out in the order of asking. */
export interface Permits {
  /** The refusal of a call that can never have its permits. */
  refusal(options: Pick<ResolvedOptions, "permits">): Reason | undefined
  /** Takes the permits, or waits for them in line; returns whether they were taken. `release` ends either. */
  take(claim: Claim, at: number): boolean
  /** Gives the permits back, or leaves the line. */
  release(claim: Claim, at: number): void
}

/** A call's claim on permits, held until its work has really ended. */
export class Claim extends Stage implements Linked<Claim> {
  readonly call: Call
  readonly permits: number
  readonly #from: Permits
  previous: Claim | undefined = undefined
  next: Claim | undefined = undefined
  /** What needs the permits: the call itself, and the work of each attempt that has not ended. */
  #users = 1

  constructor(call: Call, from: Permits) {
    super()
    this.call = call
    this.permits = call.options.permits
    this.#from = from
  }

  override enter(at: number) {
    return this.#from.refusal(this) ?? (this.#from.take(this, at) ? undefined : waits)
  }

  override start(_at: number) {
    this.#users++
  }

  override stop(at: number) {
    if (--this.#users === 0) this.#from.release(this, at)
  }

  override leave(_end: End, at: number) {
    if (--this.#users === 0) this.#from.release(this, at)
  }
}
