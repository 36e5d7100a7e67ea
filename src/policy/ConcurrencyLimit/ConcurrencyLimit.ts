import { Effect } from "effect"
import { decode, type OptionsOf } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Claim, type Permits } from "../../engine/Claim.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { Fifo } from "../../engine/Fifo.ts"
import * as Keyed from "../../engine/Keyed.ts"
import { Gate } from "../../Gate.ts"
import type { Limits } from "../../Limits.ts"
import { NeverAdmissible } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"

const fields = {
  /** Permits of calls that run at once, a whole number from 1 to 100000, or `Infinity`; follows a `SubscriptionRef`. */
  permits: Dynamic.field(Table.limits.maxConcurrentRequests),
  ...Keyed.fields
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Bounds how many calls run at once. The others wait in the order they came; narrow calls do not overtake wide ones.
 *
 * A call takes the permits of its options and holds them until its work has really ended. A call that asks for more
 * permits than there are fails with `NeverAdmissible`. When the number falls, running calls go on, and the next waits
 * until it fits.
 *
 * @example
 * const gate = ConcurrencyLimit.layer({ permits: 3 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ permits: 2 }, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const { permits } = settings
      const semaphores = yield* Keyed.make(settings, () => new FifoSemaphore(permits))
      yield* Dynamic.follow(settings, () => semaphores.each((semaphore) => semaphore.onResize()))
      const { watch } = yield* Stats.recorder
      const limitsOf = (semaphore: FifoSemaphore): Limits => {
        watch(() => ({ maxConcurrent: permits.current }))
        return {
          permits: () => permits.current,
          refusal: (options) => semaphore.refusal(options),
          readyAt: (options, at) => (semaphore.isFree(options) ? at : Infinity)
        }
      }
      return semaphores.policy("permit", (call, semaphore) => new Claim(call, semaphore), limitsOf)
    })
  )

/** Counted permits, handed out strictly in the order of asking: narrow claims never overtake a wide one. */
class FifoSemaphore implements Keyed.State, Permits {
  readonly #waiting = new Fifo<Claim>()
  readonly #total: Dynamic.Limit
  #taken = 0

  constructor(total: Dynamic.Limit) {
    this.#total = total
  }

  isIdle(): boolean {
    return this.#taken === 0 && this.#waiting.size === 0
  }

  refusal({ permits: asked }: { readonly permits: number }): NeverAdmissible | undefined {
    const capacity = this.#total.current
    return asked > capacity ? new NeverAdmissible({ limit: "permits", asked, capacity }) : undefined
  }

  take(claim: Claim): boolean {
    const isFree = this.isFree(claim)
    if (isFree) this.#taken += claim.permits
    else this.#waiting.add(claim)
    return isFree
  }

  /** Whether permits would be had at once. */
  isFree(claim: { readonly permits: number }): boolean {
    return this.#waiting.size === 0 && this.#fits(claim)
  }

  release(claim: Claim): void {
    if (!this.#waiting.remove(claim)) this.#taken -= claim.permits
    this.#handOut()
  }

  /** The number of permits has changed. Held ones stay held; claims in line that can never fit are refused. */
  onResize(): void {
    for (const claim of this.#waiting) {
      const refusal = this.refusal(claim)
      if (refusal !== undefined) claim.call.cut(claim, refusal)
    }
    this.#handOut()
  }

  #fits(claim: { readonly permits: number }): boolean {
    return this.#taken + claim.permits <= this.#total.current
  }

  #handOut(): void {
    for (let first = this.#waiting.first; first !== undefined && this.#fits(first); first = this.#waiting.first) {
      this.#waiting.remove(first)
      this.#taken += first.permits
      first.call.proceed(first)
    }
  }
}
