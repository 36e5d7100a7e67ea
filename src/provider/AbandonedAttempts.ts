import { type TimerQueue, Timer } from "../engine/TimerQueue.ts"
import type { Stats } from "../Stats.ts"
import type { Attempt } from "../engine/Attempt.ts"

/** Attempts that outlive their calls. Each keeps its permit until it settles, for the grace time at most. */
export class AbandonedAttempts {
  readonly #attempts = new Set<Attempt>()
  readonly #grace: number
  readonly #timers: TimerQueue
  readonly #record: Stats["Service"]["record"]

  constructor(grace: number, timers: TimerQueue, record: Stats["Service"]["record"]) {
    this.#grace = grace
    this.#timers = timers
    this.#record = record
  }

  add(attempt: Attempt): void {
    if (!attempt.running) return
    const timer = new Timer(() => this.#giveUp(attempt))
    if (this.#grace < Infinity) this.#timers.set(timer, this.#timers.now(), this.#grace)
    this.#attempts.add(attempt)
    attempt.onSettled(() => {
      this.#attempts.delete(attempt)
      this.#timers.cancel(timer)
    })
  }

  /** Frees every permit that is still held, and counts its attempt as a zombie. */
  giveUp(): void {
    for (const attempt of this.#attempts) this.#giveUp(attempt)
  }

  #giveUp(attempt: Attempt): void {
    this.#record({ _tag: "Zombie" })
    attempt.settle()
  }
}
