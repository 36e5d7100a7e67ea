import { type Alarm, Bell } from "../internal/Alarm.ts"
import type { Stats } from "../Stats.ts"
import type { Attempt } from "../Work.ts"

/** Attempts that go on although nobody waits for them any more: each keeps its permit until it ends, or for the grace time. */
export class Leftovers {
  readonly #attempts = new Set<Attempt>()
  readonly #grace: number
  readonly #alarm: Alarm
  readonly #record: Stats["Service"]["record"]

  constructor(grace: number, alarm: Alarm, record: Stats["Service"]["record"]) {
    this.#grace = grace
    this.#alarm = alarm
    this.#record = record
  }

  add(attempt: Attempt): void {
    if (!attempt.running) return
    const bell = this.#grace === Infinity ? undefined : new Bell(() => this.#giveUp(attempt))
    if (bell !== undefined) this.#alarm.add(bell, this.#alarm.now(), this.#grace)
    this.#attempts.add(attempt)
    attempt.onEnd(() => {
      this.#attempts.delete(attempt)
      if (bell !== undefined) this.#alarm.cancel(bell)
    })
  }

  /** Waits for no attempt any longer. */
  giveUp(): void {
    for (const attempt of this.#attempts) this.#giveUp(attempt)
  }

  #giveUp(attempt: Attempt): void {
    this.#record({ _tag: "Zombie" })
    attempt.end()
  }
}
