import { Effect } from "effect"
import type { Progress } from "../Progress.ts"
import type { Alarm, Entry } from "./Alarm.ts"
import { Cut } from "./Cut.ts"
import type { Now } from "./Time.ts"

/** A streamed answer that is cut if nothing has come for too long since its last part. */
export abstract class Silence<E2> extends Cut<E2> {
  readonly #idle: number
  readonly #now: Now
  readonly #alarm: Alarm
  #heardAt = 0
  #entry: Entry | undefined
  #stop: (() => void) | undefined

  constructor(idle: number, now: Now, alarm: Alarm) {
    super()
    this.#idle = idle
    this.#now = now
    this.#alarm = alarm
  }

  /** What the answer fails with after so long a silence, of its model or of its reader. */
  protected abstract silent(idle: number, reader: boolean): Effect.Effect<never, E2>

  /** Runs the call, and watches how far its answer comes. */
  bound<A, E, R>(call: Effect.Effect<A, E, R>, progress: Progress): Effect.Effect<A, E | E2, R> {
    return this.run(
      Effect.suspend(() => {
        this.#stop = progress.onPart(() => this.#hear(progress))
        return call
      })
    )
  }

  protected override ended(): void {
    this.#stop?.()
    if (this.#entry !== undefined) this.#alarm.cancel(this.#entry)
  }

  #hear(progress: Progress): void {
    this.#heardAt = this.#now()
    if (this.#idle < Infinity) this.#entry ??= this.#look(this.#idle, progress)
  }

  // A part only notes its time: the alarm looks at it when it rings, and is set anew for what is left.
  #look(after: number, progress: Progress): Entry {
    return this.#alarm.in(after, () => {
      const left = this.#heardAt + this.#idle - this.#now()
      if (left <= 0) this.end(this.silent(this.#idle, progress.held))
      else this.#entry = this.#look(left, progress)
    })
  }
}
