import { Effect } from "effect"
import { type Call, Stage, waits } from "../../Call.ts"
import { required } from "../../config/Field.ts"
import { decode, type For } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import * as Dynamic from "../../engine/Dynamic.ts"
import { change } from "../../engine/Line.ts"
import { Gate } from "../../Gate.ts"
import { NeverAdmissible } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { FifoSemaphore, type Waiter } from "./FifoSemaphore.ts"

export interface Options {
  /** Permits of calls that run at once, a whole number from 1 to 100000, or `Infinity`; follows a `SubscriptionRef`. */
  readonly permits: Dynamic.Dynamic
}

const fields = {
  permits: Dynamic.field(required(Table.limits.maxConcurrentRequests))
} satisfies For<Options>

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
    Effect.fnUntraced(function* (beneath) {
      const { permits } = yield* decode(fields, options)
      const semaphore = new FifoSemaphore(permits.current)
      const { watch } = yield* Stats.recorder
      watch(() => ({ maxConcurrent: semaphore.total }))
      const tooWide = (asked: number) => new NeverAdmissible({ limit: "permits", asked, capacity: semaphore.total })
      const refuse = (waiter: Waiter) => (waiter as Claim).call.cut(waiter as Claim, tooWide(waiter.permits))
      yield* permits.follow((total) => change(() => semaphore.resize(total, refuse)))
      return {
        policy: (call: Call) => new Claim(call, semaphore, tooWide),
        permits: () => Math.min(semaphore.total, beneath.permits?.() ?? Infinity)
      }
    })
  )

/** A call's claim on permits, held until its work has really ended. */
class Claim extends Stage implements Waiter {
  readonly call: Call
  readonly #semaphore: FifoSemaphore
  readonly #tooWide: (permits: number) => NeverAdmissible
  previous: Waiter | undefined = undefined
  next: Waiter | undefined = undefined
  held = false
  #running = 0
  #left = false

  constructor(call: Call, semaphore: FifoSemaphore, tooWide: (permits: number) => NeverAdmissible) {
    super()
    this.call = call
    this.#semaphore = semaphore
    this.#tooWide = tooWide
  }

  get permits() {
    return this.call.options.permits
  }

  override enter() {
    if (this.permits > this.#semaphore.total) return this.#tooWide(this.permits)
    return this.#semaphore.take(this) ? undefined : waits
  }

  wake() {
    this.call.proceed(this)
  }

  override start() {
    this.#running++
    return undefined
  }

  override stop() {
    this.#running--
    if (this.#left && this.#running === 0) this.#semaphore.release(this)
  }

  override leave() {
    this.#left = true
    if (this.#running === 0) this.#semaphore.release(this)
    return undefined
  }
}
