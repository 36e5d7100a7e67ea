import type { Effect } from "effect"
import type { Progress } from "../Progress.ts"
import type { Alarm, Entry } from "./Alarm.ts"
import { Cut } from "./Cut.ts"
import type { Now } from "./Time.ts"

/** Ends a streamed answer in which nothing has come for too long. */
export class Silence {
  readonly #idle: number
  readonly #now: Now
  readonly #alarm: Alarm

  constructor(idle: number, now: Now, alarm: Alarm) {
    this.#idle = idle
    this.#now = now
    this.#alarm = alarm
  }

  /** Runs the call, and lets it fail with the verdict if it falls silent after its first part. */
  bound<A, E, R, E2>(
    call: Effect.Effect<A, E, R>,
    progress: Progress,
    verdict: (idle: number) => Effect.Effect<never, E2>
  ): Effect.Effect<A, E | E2, R> {
    const cut = new Cut<E2>()
    let heardAt = 0
    let entry: Entry | undefined
    // A part only notes its time: the alarm looks at it when it rings, and is set anew for what is left.
    const look = () => {
      const left = heardAt + this.#idle - this.#now()
      if (left <= 0) cut.end(verdict(this.#idle))
      else entry = this.#alarm.in(left, look)
    }
    const stop = progress.onPart(() => {
      heardAt = this.#now()
      if (this.#idle < Infinity) entry ??= this.#alarm.in(this.#idle, look)
    })
    return cut.run(
      call,
      () => {},
      () => {
        stop()
        if (entry !== undefined) this.#alarm.cancel(entry)
      }
    )
  }
}
