import { Duration, Effect } from "effect"
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

/**
 * Lets calls wait, up to a number, and start in order: by level, then fairly between callers, then as they came.
 *
 * It is a turnstile: only the first may be inside the gates beneath, waiting there for its permit and its token; when it
 * starts, fails or leaves, the next goes in. A call whose deadline cannot be met at the present pace is refused at once,
 * unless it finds the room empty. Gates that delay single callers belong outside: here they would hold up all others.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const capacity = checker.number("capacity", options.capacity, Range.capacity)
      const maxWait = checker.duration("maxWait", options.maxWait ?? Infinity, Range.millis)
      const step = checker.duration("ageing", options.ageing ?? 10_000, Range.millis)
      yield* checker.done
      const clock = yield* now
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const turnstile: Turnstile = new Turnstile(capacity, step, clock, (at) =>
        record({ _tag: "Waiting", size: turnstile.room.waiting, capacity, at })
      )
      const { room } = turnstile
      watch(() => ({
        maxSize: capacity,
        oldestWaitMs: room.oldest === undefined ? 0 : clock() - room.oldest.arrivedAt,
        predictedWaitMs: room.pace.mean * room.waiting
      }))

      // Only a wait that can be cut from outside needs a fiber of its own: most rooms have none of these.
      let pass: Pass = (ask, call) => turnstile.visit(ask, call, (started) => inner(ask, started))
      if (capacity === 0) pass = nowOrNever(pass, () => turnstile.full(clock()))
      if (maxWait < Infinity) pass = noLongerThan(pass, maxWait, yield* Alarm.make)
      if (draining.possible) pass = yield* untilClosed(pass, draining)
      return pass
    })
  )

/** Refuses a call that has not started by the time it first suspends. */
const nowOrNever =
  (pass: Pass, full: () => Effect.Effect<never, Rejection>): Pass =>
  (ask, call) =>
    Effect.suspend(() => {
      const cut = new Cut<Rejection>()
      let started = false
      const marked = Effect.suspend(() => {
        started = true
        return call
      })
      return cut.run(
        pass(ask, marked),
        () => {
          if (!started) cut.end(full())
        },
        () => {}
      )
    })

/** Refuses a call that has waited so long and not started. */
const noLongerThan =
  (pass: Pass, maxWait: number, alarm: Alarm): Pass =>
  (ask, call) =>
    Effect.suspend(() => {
      const cut = new Cut<Rejection>()
      let started = false
      let entry: Entry | undefined
      const began = Effect.suspend(() => {
        started = true
        if (entry !== undefined) alarm.cancel(entry)
        return call
      })
      return cut.run(
        pass(ask, began),
        () => {
          if (!started) entry = alarm.in(maxWait, () => cut.end(waitedTooLong(maxWait)))
        },
        () => {
          if (entry !== undefined) alarm.cancel(entry)
        }
      )
    })

/** Refuses new calls once draining has begun, and ends those inside at its end. */
const untilClosed = Effect.fnUntraced(function* (pass: Pass, draining: Draining) {
  const inside = new Set<Cut<Rejection>>()
  yield* draining.onEnd(() => {
    for (const cut of inside) cut.end(shuttingDown)
  })
  const closing: Pass = (ask, call) =>
    Effect.suspend(() => {
      if (draining.begun()) return shuttingDown
      const cut = new Cut<Rejection>()
      return cut.run(
        pass(ask, call),
        () => inside.add(cut),
        () => inside.delete(cut)
      )
    })
  return closing
})

const shuttingDown = refuse(new ShuttingDown({ retryAfter: undefined }))

const waitedTooLong = (maxWait: number) => {
  const elapsed = Duration.millis(maxWait)
  return refuse(new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter: undefined }))
}
