import { Effect, Latch } from "effect"
import type { Drain } from "../Drain.ts"
import type { Attempt } from "../engine/Attempt.ts"
import { Fifo } from "../engine/Fifo.ts"
import type { Active } from "../engine/PromiseCall.ts"
import { Timer, type TimerQueue } from "../engine/TimerQueue.ts"
import type { Stats } from "../Stats.ts"

/** The calls of programs without Effect that have not ended, and the attempts that outlive their calls. */
export class ActiveCalls {
  // A `Set` would replace its table again and again: the old ones keep dead calls alive until a major garbage collection.
  readonly #calls = new Fifo<Active>()
  readonly #empty = Latch.makeUnsafe(true)
  readonly #abandoned = new Set<Attempt>()
  readonly #grace: number
  readonly #timers: TimerQueue
  readonly #record: Stats["Service"]["record"]

  constructor(grace: number, timers: TimerQueue, record: Stats["Service"]["record"]) {
    this.#grace = grace
    this.#timers = timers
    this.#record = record
  }

  add(call: Active): void {
    this.#calls.add(call)
    this.#empty.closeUnsafe()
  }

  /** Does nothing for a call that is not there. */
  delete(call: Active): void {
    this.#calls.remove(call)
    if (this.#calls.size === 0) this.#empty.openUnsafe()
  }

  /** Lets an attempt that outlives its call keep its permit until it settles, for the grace time at most. */
  abandon(attempt: Attempt): void {
    if (!attempt.running) return
    const timer = new Timer(() => this.#giveUp(attempt))
    if (this.#grace < Infinity) this.#timers.set(timer, this.#timers.now(), this.#grace)
    this.#abandoned.add(attempt)
    attempt.onSettled(() => {
      this.#abandoned.delete(attempt)
      this.#timers.cancel(timer)
    })
  }

  /** Frees the permit of an attempt that has not settled, and counts it as a zombie. */
  #giveUp(attempt: Attempt): void {
    this.#record({ _tag: "Zombie" })
    attempt.settle()
  }

  /**
   * Refuses new calls, gives running calls so many milliseconds to end, and ends the rest.
   *
   * After that time every wait of the gate has ended. Only finalizers of interrupted work may take longer, by two
   * seconds at most.
   */
  shutdown(drain: Drain, within: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const empty = this.#empty.await
      yield* drain.begin
      yield* Effect.timeoutOption(empty, within)
      yield* drain.end
      yield* Effect.timeoutOption(empty, "1 second")
      // Each may leave the list at once.
      for (const call of Array.from(this.#calls)) call.abandon()
      yield* Effect.timeoutOption(empty, "1 second")
      for (const attempt of this.#abandoned) this.#giveUp(attempt)
    })
  }
}
