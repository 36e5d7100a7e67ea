import { Effect, type SubscriptionRef } from "effect"
import * as Range from "../domain/Range.ts"
import { NeverAdmissible } from "../domain/Rejection.ts"
import * as Live from "../internal/Live.ts"
import { Stats } from "../Stats.ts"
import { type Call, Stay, waits } from "../engine/Call.ts"
import { change } from "../engine/Loop.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** Calls that may run at once, a whole number from 1 to 100000, or `Infinity`; a `SubscriptionRef` changes it while calls wait. */
  readonly permits: number | SubscriptionRef.SubscriptionRef<number>
}

const names: Range.Names<Options> = { permits: true }

/** Bounds how many calls run at once; the others wait in the order they came, wide ones too. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* () {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const permits = new Permits(checker.number("permits", Live.current(given.permits), Range.permits))
      yield* checker.done
      const { watch } = yield* Stats.recorder
      watch(() => ({ maxConcurrent: permits.total }))
      yield* Live.follow("permits", options.permits, Range.permits, (total) => change(() => permits.resize(total)))
      return (call: Call) => new Claim(call, permits)
    })
  )

/** A call's claim on permits: they are its own until its work has really ended. */
class Claim extends Stay {
  readonly call: Call
  readonly permits: Permits
  held = false
  #working = 0
  #left = false

  constructor(call: Call, permits: Permits) {
    super()
    this.call = call
    this.permits = permits
  }

  override enter() {
    if (this.call.ask.permits > this.permits.total) return this.permits.tooWide(this)
    return this.permits.take(this) ? undefined : waits
  }

  override start() {
    this.#working++
    return undefined
  }

  override stop() {
    this.#working--
    if (this.#left && this.#working === 0) this.permits.release(this)
  }

  override leave() {
    this.#left = true
    if (this.#working === 0) this.permits.release(this)
    return undefined
  }
}

/** Counted permits, handed out strictly in the order of asking. */
class Permits {
  readonly #line = new Set<Claim>()
  total: number
  #taken = 0

  constructor(total: number) {
    this.total = total
  }

  tooWide({ call: { ask } }: Claim) {
    return new NeverAdmissible({ limit: "permits", asked: ask.permits, capacity: this.total })
  }

  /** Takes the permits, or waits for them in the line; the claim must be released. */
  take(claim: Claim): boolean {
    if (this.#line.size > 0 || !this.#fits(claim)) {
      this.#line.add(claim)
      return false
    }
    this.#hold(claim)
    return true
  }

  /** Gives back what the claim holds, or takes it out of the line. */
  release(claim: Claim): void {
    if (claim.held) {
      claim.held = false
      this.#taken -= claim.call.ask.permits
    } else {
      this.#line.delete(claim)
    }
    if (this.#line.size > 0) this.#hand()
  }

  /** Changes the number of permits: what is held stays so, and a claim in line that can never be met now is refused. */
  resize(total: number): void {
    this.total = total
    for (const claim of this.#line) {
      if (claim.call.ask.permits <= total) continue
      this.#line.delete(claim)
      claim.call.cut(claim, this.tooWide(claim))
    }
    this.#hand()
  }

  #fits(claim: Claim): boolean {
    return this.#taken + claim.call.ask.permits <= this.total
  }

  #hold(claim: Claim): void {
    claim.held = true
    this.#taken += claim.call.ask.permits
  }

  #hand(): void {
    for (const claim of this.#line) {
      if (!this.#fits(claim)) return
      this.#line.delete(claim)
      this.#hold(claim)
      claim.call.proceed()
    }
  }
}
