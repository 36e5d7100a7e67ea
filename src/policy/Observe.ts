import { Effect } from "effect"
import { outcomeOf } from "../domain/Outcome.ts"
import { Stats } from "../Stats.ts"
import { type Call, type End, Stay } from "../engine/Call.ts"
import { Gate } from "../Gate.ts"

/** Nothing to set: what is counted goes to the `Stats` in the context. */
export interface Options {}

/** Counts every call once in and once out, and each attempt while it runs. Outermost, or it misses refusals. */
export const layer = (_options?: Options) =>
  Gate.stays(() => Effect.map(Stats.recorder, ({ record }) => (call: Call) => new Observed(call, record)))

const stopped = { _tag: "Stopped" } as const

class Observed extends Stay {
  readonly call: Call
  readonly #record: Stats["Service"]["record"]
  #arrivedAt = NaN
  #startedAt = NaN

  constructor(call: Call, record: Stats["Service"]["record"]) {
    super()
    this.call = call
    this.#record = record
  }

  get #started(): boolean {
    return !Number.isNaN(this.#startedAt)
  }

  override enter(at: number) {
    this.#arrivedAt = at
    this.#record({ _tag: "Arrived", caller: this.call.ask.caller, at })
    return undefined
  }

  override start(at: number) {
    const wait = this.#started ? undefined : at - this.#arrivedAt
    this.#record({ _tag: "Started", wait, at })
    if (!this.#started) this.#startedAt = at
    const { progress } = this.call
    if (progress !== undefined) {
      const stop = progress.onPart(() => {
        stop()
        this.#record({ _tag: "FirstPart", after: this.call.now() - this.#startedAt })
      })
    }
    return undefined
  }

  override stop() {
    this.#record(stopped)
  }

  override leave(exit: End, at: number) {
    const started = this.#started
    const { declined, outcome, reason } = outcomeOf(exit, started, this.call.progress?.begun)
    const latency = started ? at - this.#startedAt : undefined
    if (declined !== undefined) this.#record({ _tag: "Declined", status: declined })
    this.#record({ _tag: "Ended", caller: this.call.ask.caller, outcome, reason, latency, at })
    return undefined
  }
}
