import { Duration, Effect, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, QueueFull, refuse, type Rejection, ShuttingDown } from "../domain/Rejection.ts"
import { Draining } from "../Drain.ts"
import { Gate } from "../Gate.ts"
import { Alarm, type Entry } from "../internal/Alarm.ts"
import { Cut } from "../internal/Cut.ts"
import { later } from "../internal/Later.ts"
import { Room, type Visitor } from "../internal/Room.ts"
import { now } from "../internal/Time.ts"
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
      const alarm = yield* Alarm.make
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const room = new Room(step)
      const inside = new Set<Cut<Rejection>>()

      watch(() => ({
        maxSize: capacity,
        oldestWaitMs: room.oldest === undefined ? 0 : clock() - room.oldest.arrivedAt,
        predictedWaitMs: room.pace.mean * room.waiting
      }))
      yield* draining.onEnd(() => {
        for (const cut of inside) cut.end(shuttingDown)
      })

      const counted = (at: number) => record({ _tag: "Waiting", size: room.waiting, capacity, at })

      const leave = (visitor: Visitor, at: number) => {
        const enter = room.leave(visitor, at)?.enter
        counted(at)
        if (enter !== undefined) later(() => enter(Effect.void))
      }

      /** How far past its deadline a call would end that has so many before it; negative if it is in time. */
      const lateness = (ask: Ask, ahead: number, at: number) =>
        ask.until === Infinity ? -1 : at + room.pace.likely(ahead) + room.service.likely(1) - ask.until

      const refusal = (ask: Ask, at: number) => {
        if (draining.begun()) return shuttingDown
        if (room.waiting >= Math.max(1, capacity)) return full(capacity, room, at)
        if (room.head === undefined) return undefined
        const late = lateness(ask, room.ahead(ask, at), at)
        return late > 0 ? tooLate(late) : undefined
      }

      const turn = (visitor: Visitor): Effect.Effect<void, Rejection> =>
        room.head === visitor
          ? Effect.void
          : Effect.callback((resume) => {
              if (room.head === visitor) resume(Effect.void)
              else visitor.enter = resume
            })

      // Once more at the door, before a permit or a token is spent on it.
      const stillInTime = (visitor: Visitor): Effect.Effect<void, Rejection> =>
        Effect.suspend(() => {
          const late = visitor.queued ? lateness(visitor.ask, 1, clock()) : -1
          return late > 0 ? tooLate(late) : Effect.void
        })

      const started = <A, E, R>(visitor: Visitor, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const at = clock()
          if (!visitor.gone) {
            room.learnPace(visitor, at)
            leave(visitor, at)
          }
          return Effect.onExitPrimitive(call, (exit) => {
            room.learnService(clock() - at, Exit.isSuccess(exit))
            return undefined
          })
        })

      const visit = <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>, arrived: (visitor: Visitor) => void) =>
        Effect.suspend(() => {
          let visitor: Visitor | undefined
          return Effect.onExitPrimitive(
            Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
              const at = clock()
              const refused = refusal(ask, at)
              if (refused !== undefined) return refused
              visitor = room.arrive(ask, at)
              counted(at)
              arrived(visitor)
              const pass = inner(ask, started(visitor, call))
              return visitor.queued ? Effect.andThen(Effect.andThen(turn(visitor), stillInTime(visitor)), pass) : pass
            }),
            () => {
              if (visitor !== undefined && !visitor.gone) leave(visitor, clock())
              return undefined
            }
          )
        })

      // Only a wait that can be cut from outside needs a fiber of its own.
      if (capacity > 0 && maxWait === Infinity && !draining.possible) {
        return (ask, call) => visit(ask, call, () => {})
      }

      return <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const cut = new Cut<Rejection>()
          let visitor: Visitor | undefined
          let entry: Entry | undefined
          const began = Effect.suspend(() => {
            if (entry !== undefined) alarm.cancel(entry)
            entry = undefined
            return call
          })
          const suspended = () => {
            if (draining.possible) inside.add(cut)
            if (visitor === undefined || visitor.gone) return
            if (capacity === 0) cut.end(full(0, room, clock()))
            else if (maxWait < Infinity) {
              entry = alarm.set(visitor.arrivedAt + maxWait, () => cut.end(waitedTooLong(maxWait)))
            }
          }
          return cut.run(
            () =>
              visit(ask, began, (arrived) => {
                visitor = arrived
              }),
            suspended,
            () => {
              if (entry !== undefined) alarm.cancel(entry)
              inside.delete(cut)
            }
          )
        })
    })
  )

const shuttingDown = refuse(new ShuttingDown({ retryAfter: undefined }))

const full = (capacity: number, room: Room, at: number) => {
  // A place is free as soon as the one at the door starts.
  const next = room.head === undefined ? 0 : room.pace.mean - (at - room.head.doorAt)
  return refuse(new QueueFull({ capacity, retryAfter: next > 0 ? Duration.millis(next) : undefined }))
}

const tooLate = (late: number) =>
  refuse(
    new DeadlineExceeded({
      limit: "call",
      started: false,
      elapsed: Duration.zero,
      retryAfter: Duration.millis(late)
    })
  )

const waitedTooLong = (maxWait: number) =>
  refuse(
    new DeadlineExceeded({
      limit: "wait",
      started: false,
      elapsed: Duration.millis(maxWait),
      retryAfter: undefined
    })
  )
