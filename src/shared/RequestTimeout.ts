import { Effect } from "effect"
import { Fifo, type Linked } from "../engine/Fifo.ts"
import type { Now } from "../engine/Time.ts"

/** A request that waits for its answer. */
export interface Pending extends Linked<Pending> {
  /** When the request is late, by the clock of its `RequestTimeout`. */
  lateAt: number
  onLate(): void
}

/**
 * Tells which requests have not been answered in time.
 *
 * The clock is made of ticks of the event loop, and a tick that comes late counts as an ordinary one: after a stall of
 * the process the answer may be there and not have been read yet.
 */
export class RequestTimeout {
  readonly #now: Now
  readonly #fork: (effect: Effect.Effect<void>) => unknown
  readonly #timeout: number
  readonly #tick: number
  readonly #pending = new Fifo<Pending>()
  /** When the tick that is under way began, by the clock of ticks. */
  #time = 0
  /** The same by the clock of the gate, and how long the tick is. */
  #from = NaN
  #span = 0
  #isTicking = false

  constructor(timeout: number, now: Now, fork: (effect: Effect.Effect<void>) => unknown) {
    this.#timeout = timeout
    this.#tick = timeout / 15
    this.#now = now
    this.#fork = fork
  }

  add(request: Pending): void {
    request.lateAt = this.#current + this.#timeout
    this.#pending.add(request)
    if (this.#isTicking) return
    this.#isTicking = true
    this.#fork(this.#ticks)
  }

  /** Takes an answered request out; returns whether it was waited for. */
  remove(request: Pending): boolean {
    return this.#pending.remove(request)
  }

  /** Waits for as long as a request may take. */
  get isOver(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const request = { lateAt: NaN, previous: undefined, next: undefined, onLate: () => resume(Effect.void) }
      this.add(request)
      return Effect.sync(() => void this.remove(request))
    })
  }

  /** The clock of ticks now. */
  get #current(): number {
    const most = this.#span + this.#tick / 2
    return this.#isTicking ? this.#time + Math.min(this.#now() - this.#from, most) : this.#time
  }

  /** Ticks for as long as a request waits at the end of a tick. The first is long: most requests are answered in it. */
  readonly #ticks: Effect.Effect<void> = Effect.suspend(() => {
    this.#from = this.#now()
    const left = (this.#pending.first?.lateAt ?? 0) - this.#time
    this.#span = Math.max(this.#tick, left - 10 * this.#tick)
    return Effect.andThen(
      Effect.sleep(this.#span),
      Effect.suspend(() => {
        this.#time = this.#current
        for (let first = this.#pending.first; first !== undefined; first = this.#pending.first) {
          if (first.lateAt > this.#time) return this.#ticks
          this.#pending.remove(first)
          first.onLate()
        }
        this.#isTicking = false
        return Effect.void
      })
    )
  })
}
