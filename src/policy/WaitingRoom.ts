import { Duration, Effect } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, refuse, type Rejection, ShuttingDown } from "../domain/Rejection.ts"
import { Draining } from "../Drain.ts"
import { Gate, type Pass } from "../Gate.ts"
import { Alarm, type Entry } from "../internal/Alarm.ts"
import { Cut } from "../internal/Cut.ts"
import { now } from "../internal/Time.ts"
import { Turnstile } from "../internal/Turnstile.ts"
import { Stats } from "../Stats.ts"

export interface Options {
  /** Calls that may wait, a whole number from 0 to 1000000, or `Infinity`; with 0 a call starts at once or is refused. */
  readonly capacity: number
  /** Longest wait before the start, 1 ms to a day; `Infinity`, no such limit. */
  readonly maxWait?: Duration.Input | undefined
  /** How long a call waits before it counts as one level more urgent, 1 ms to a day, or `Infinity` for never; 10 s. */
  readonly ageing?: Duration.Input | undefined
}

const names: Range.Names<Options> = { capacity: true, maxWait: true, ageing: true }

/**
 * Lets calls wait, up to a number, and start in order: by level, then fairly between callers, then as they came.
 *
 * It is a turnstile: only the first may be inside the gates beneath, waiting there for its permit and its token; when it
 * starts, fails or leaves, the next goes in. A call whose deadline cannot be met at the present pace is refused at once,
 * unless it finds the room empty. Gates that delay single callers belong outside: here they would hold up all others.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner, beneath) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const capacity = checker.number("capacity", given.capacity, Range.capacity)
      const maxWait = checker.duration("maxWait", given.maxWait, Range.millis, Infinity)
      const step = checker.duration("ageing", given.ageing, Range.millis, 10_000)
      yield* checker.done
      const clock = yield* now
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const pausedUntil = beneath.pausedUntil ?? (() => -Infinity)
      const turnstile: Turnstile = new Turnstile({ capacity, step, now: clock, pausedUntil }, (at) =>
        record({ _tag: "Waiting", size: turnstile.room.waiting, capacity, at })
      )
      const { room } = turnstile
      watch(() => ({
        maxSize: capacity,
        oldestWaitMs: room.oldest === undefined ? 0 : clock() - room.oldest.arrivedAt,
        predictedWaitMs: turnstile.predictedWait
      }))

      // Only a wait that can be cut from outside needs a fiber of its own: most rooms have none of these.
      let pass: Pass = (ask, call) => turnstile.visit(ask, call, inner)
      if (capacity === 0) pass = nowOrNever(pass, () => turnstile.full(clock()))
      if (maxWait < Infinity) pass = noLongerThan(pass, maxWait, () => turnstile.nextStart(clock()), yield* Alarm.make)
      if (draining.possible) pass = yield* untilClosed(pass, draining)
      return pass
    })
  )

/** A call in the room that may be refused until it starts. */
abstract class Waiting extends Cut<Rejection> {
  protected started = false

  through<A, E, R>(pass: Pass, ask: Ask, call: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R> {
    const marked = Effect.suspend(() => {
      this.started = true
      this.onStart()
      return call
    })
    return this.run(pass(ask, marked))
  }

  protected onStart(): void {}
}

/** Refuses a call that has not started by the time it first suspends. */
const nowOrNever =
  (pass: Pass, full: () => Effect.Effect<never, Rejection>): Pass =>
  (ask, call) =>
    Effect.suspend(() => new Impatient(full).through(pass, ask, call))

class Impatient extends Waiting {
  readonly #full: () => Effect.Effect<never, Rejection>

  constructor(full: () => Effect.Effect<never, Rejection>) {
    super()
    this.#full = full
  }

  override suspended(): void {
    if (!this.started) this.end(this.#full())
  }
}

/** Refuses a call that has waited so long and not started. */
const noLongerThan =
  (pass: Pass, maxWait: number, nextStart: () => number, alarm: Alarm): Pass =>
  (ask, call) =>
    Effect.suspend(() => new Patient(maxWait, nextStart, alarm).through(pass, ask, call))

class Patient extends Waiting {
  readonly #maxWait: number
  readonly #nextStart: () => number
  readonly #alarm: Alarm
  #entry: Entry | undefined

  constructor(maxWait: number, nextStart: () => number, alarm: Alarm) {
    super()
    this.#maxWait = maxWait
    this.#nextStart = nextStart
    this.#alarm = alarm
  }

  override suspended(): void {
    if (!this.started)
      this.#entry = this.#alarm.in(this.#maxWait, () => this.end(waitedTooLong(this.#maxWait, this.#nextStart())))
  }

  override onStart(): void {
    this.ended()
  }

  override ended(): void {
    if (this.#entry !== undefined) this.#alarm.cancel(this.#entry)
  }
}

/** Refuses new calls once draining has begun, and ends those inside at its end. */
const untilClosed = Effect.fnUntraced(function* (pass: Pass, draining: Draining) {
  const inside = new Set<Guest>()
  yield* draining.onEnd(() => {
    for (const guest of inside) guest.end(shuttingDown)
  })
  const closing: Pass = (ask, call) =>
    Effect.suspend(() => (draining.begun() ? shuttingDown : new Guest(inside).run(pass(ask, call))))
  return closing
})

class Guest extends Cut<Rejection> {
  readonly #inside: Set<Guest>

  constructor(inside: Set<Guest>) {
    super()
    this.#inside = inside
  }

  override suspended(): void {
    this.#inside.add(this)
  }

  override ended(): void {
    this.#inside.delete(this)
  }
}

const shuttingDown = refuse(new ShuttingDown({ retryAfter: undefined }))

const waitedTooLong = (maxWait: number, nextStart: number) => {
  const elapsed = Duration.millis(maxWait)
  const retryAfter = nextStart > 0 ? Duration.millis(nextStart) : undefined
  return refuse(new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter }))
}
