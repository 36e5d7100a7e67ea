import { Duration, Effect } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded } from "../domain/Rejection.ts"
import { Alarm, type Entry, type Lane } from "../internal/Alarm.ts"
import { type Call, Stay } from "../engine/Call.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** How long one attempt may take, or until the first part of a streamed answer; 1 ms to a day, or `Infinity`. */
  readonly timeout: Duration.Input
  /** Longest silence between two parts of a streamed answer, whoever is slow; 1 ms to a day; `Infinity`, no such limit. */
  readonly idle?: Duration.Input | undefined
}

const names: Range.Names<Options> = { timeout: true, idle: true }

/** Ends one attempt that takes too long, with `DeadlineExceeded` of the `attempt`, or of the `idle` stream. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* () {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const timeout = checker.duration("timeout", given.timeout, Range.millis)
      const idle = checker.duration("idle", given.idle, Range.millis, Infinity)
      yield* checker.done
      if (timeout === Infinity && idle === Infinity) return undefined
      const limits: Limits = { timeout, idle, alarm: yield* Alarm.make }
      return (call: Call) => new Attempt(call, limits)
    })
  )

interface Limits {
  readonly timeout: number
  readonly idle: number
  readonly alarm: Alarm
}

/** An attempt that may take so long, and then so long between two parts. */
class Attempt extends Stay implements Entry {
  readonly call: Call
  at = NaN
  lane: Lane | undefined = undefined
  before: Entry | undefined = undefined
  after: Entry | undefined = undefined
  readonly #limits: Limits
  #heardAt: number | undefined = undefined
  #silence: (() => void) | undefined = undefined

  constructor(call: Call, limits: Limits) {
    super()
    this.call = call
    this.#limits = limits
  }

  override start(at: number) {
    const { alarm, idle, timeout } = this.#limits
    const { progress } = this.call
    if (progress !== undefined && idle < Infinity) {
      this.#silence = progress.onPart(() => {
        const first = this.#heardAt === undefined
        this.#heardAt = this.call.now()
        if (!first) return
        alarm.cancel(this)
        alarm.add(this, this.#heardAt, idle)
      })
    }
    // Around a Retry there are several attempts in one stay.
    alarm.cancel(this)
    if (timeout < Infinity) alarm.add(this, at, timeout)
    return undefined
  }

  override stop() {
    this.#limits.alarm.cancel(this)
  }

  ring(at: number) {
    const { alarm, idle, timeout } = this.#limits
    const { progress } = this.call
    if (this.#heardAt === undefined) {
      if (progress?.answering !== true) this.#end("attempt", timeout)
      return
    }
    // A part only notes its time: the alarm looks at it when it rings, and is set anew for what is left.
    const left = this.#heardAt + idle - at
    if (left > 0) alarm.add(this, at, left)
    else this.#end(progress!.held ? "reader" : "idle", idle)
  }

  override leave() {
    this.#silence?.()
    this.#limits.alarm.cancel(this)
    return undefined
  }

  #end(limit: "attempt" | "idle" | "reader", millis: number) {
    const elapsed = Duration.millis(millis)
    this.call.cut(this, new DeadlineExceeded({ limit, started: true, elapsed, retryAfter: undefined }))
  }
}
