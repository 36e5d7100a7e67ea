import type { Effect } from "effect"
import { Progress } from "../Progress.ts"
import type { Alarm, Entry } from "./Alarm.ts"
import { Cut } from "./Cut.ts"

/** An effect that is cut if it is still running at a moment, and no part of its answer has come by then. */
export abstract class Limit<E2> extends Cut<E2> implements Entry {
  /** The moment on the gate's clock; `Infinity` until it is known. */
  at = Infinity
  order = 0
  readonly #alarm: Alarm
  #progress: Progress | undefined
  #watched = false

  constructor(alarm: Alarm) {
    super()
    this.#alarm = alarm
  }

  ring(): void {
    if (this.#progress === undefined || !this.#progress.answering) this.end(this.late())
  }

  /** What the effect fails with. */
  protected abstract late(): Effect.Effect<never, E2>

  protected override suspended(): void {
    this.#progress = Progress.here()
    this.#watched = true
    this.#alarm.add(this)
  }

  protected override ended(): void {
    if (this.#watched) this.#alarm.cancel(this)
  }
}
