import { Duration, Effect, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import { DeadlineExceeded, QueueFull, refuse, type Rejection } from "../domain/Rejection.ts"
import { later } from "./Later.ts"
import { Room, type Visitor } from "./Room.ts"
import type { Now } from "./Time.ts"

type Refusal = Effect.Effect<never, Rejection>

export interface Settings {
  readonly capacity: number
  /** How long a call waits before it counts as one level more urgent. */
  readonly step: number
  readonly now: Now
  /** The end of the last pause in which nothing starts in what lies beneath, as far as that is known. */
  readonly pausedUntil: () => number
}

/** Lets calls wait in a room, and one of them at a time into whatever lies beneath, until it starts or gives up. */
export class Turnstile {
  readonly room: Room
  readonly #capacity: number
  readonly #now: Now
  readonly #pausedUntil: () => number
  readonly #tell: (at: number) => void

  /** `tell` is called whenever the number of waiting calls has changed. */
  constructor({ capacity, now, pausedUntil, step }: Settings, tell: (at: number) => void) {
    this.room = new Room(step)
    this.#capacity = capacity
    this.#now = now
    this.#pausedUntil = pausedUntil
    this.#tell = tell
  }

  /** Waits for the turn, goes in, and hands the turn on when the call starts. */
  visit<A, E, R>(
    ask: Ask,
    call: Effect.Effect<A, E, R>,
    beneath: (ask: Ask, call: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Rejection, R>
  ): Effect.Effect<A, E | Rejection, R> {
    return Effect.suspend(() => {
      let visitor: Visitor | undefined
      return Effect.onExitPrimitive(
        Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
          const at = this.#now()
          const refusal = this.#refusal(ask, at)
          if (refusal !== undefined) return refusal
          visitor = this.room.arrive(ask, at)
          this.#counted(at)
          const entering = visitor
          if (!entering.queued) return beneath(ask, this.#started(entering, call))
          // Once more at the door, before a permit or a token is spent on it.
          return Effect.flatMap(
            this.#turn(entering),
            () => this.#tooLate(ask, 0, this.room.pace.mean, this.#now()) ?? beneath(ask, this.#started(entering, call))
          )
        }),
        () => {
          if (visitor === undefined || visitor.gone) return undefined
          const at = this.#now()
          this.#spare(visitor, at)
          this.#counted(at, this.room.giveUp(visitor, at))
          return undefined
        }
      )
    })
  }

  /** For how long nothing will start in any case. */
  get pausedFor(): number {
    return Math.max(0, this.#pausedUntil() - this.#now())
  }

  /** How long a call that came now would wait, on average. */
  get predictedWait(): number {
    const { pace, waiting } = this.room
    return this.nextStart(this.#now()) + pace.mean * Math.max(0, waiting - 1)
  }

  /** The refusal of a call that finds no place. */
  full(at: number): Refusal {
    // A place is free as soon as the one at the door starts.
    const next = this.nextStart(at)
    const retryAfter = next > 0 ? Duration.millis(next) : undefined
    return refuse(new QueueFull({ capacity: this.#capacity, retryAfter }))
  }

  /** For how long the one at the door will stand there yet, if somebody does, and nothing will start in any case. */
  nextStart(at: number): number {
    const { head, pace, standstill } = this.room
    if (head === undefined) return this.pausedFor
    const begun = Math.max(0, at - Math.max(head.doorAt, this.#pausedUntil()))
    // Of a turn that has lasted longer than expected, as much again is to be expected.
    return Math.max(Math.abs(pace.mean - begun), standstill - begun, this.pausedFor)
  }

  #refusal(ask: Ask, at: number): Refusal | undefined {
    if (this.room.waiting >= Math.max(1, this.#capacity)) return this.full(at)
    const { head } = this.room
    // An estimate that refused an idle gate could never be corrected.
    if (head === undefined || ask.until === Infinity) return undefined
    return this.#tooLate(ask, this.room.ahead(ask, at), this.nextStart(at), at)
  }

  /** Refuses a call that would end past its deadline with so many turns before its own, the first of them lasting so long yet. */
  #tooLate({ until }: Ask, ahead: number, first: number, at: number): Refusal | undefined {
    if (until === Infinity) return undefined
    const { pace, service } = this.room
    const late = at + first + pace.likely(ahead + 1) - pace.mean + service.likely(1) - until
    if (late <= 0) return undefined
    const retryAfter = Duration.millis(late)
    return refuse(new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter }))
  }

  #turn(visitor: Visitor): Effect.Effect<void, Rejection> {
    return Effect.callback((resume) => {
      if (this.room.head === visitor) resume(Effect.void)
      else visitor.enter = resume
    })
  }

  #started<A, E, R>(visitor: Visitor, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const at = this.#now()
      if (!visitor.gone) {
        this.#spare(visitor, at)
        this.#counted(at, this.room.start(visitor, at))
      }
      return Effect.onExitPrimitive(call, (exit) => {
        this.room.learnService(this.#now() - at, Exit.isSuccess(exit))
        return undefined
      })
    })
  }

  /** Leaves a pause out of the time at the door: it says nothing of the pace. */
  #spare(visitor: Visitor, at: number): void {
    visitor.doorAt = Math.max(visitor.doorAt, Math.min(at, this.#pausedUntil()))
  }

  /** Tells of a change, and lets in whose turn it is. */
  #counted(at: number, next?: Visitor): void {
    this.#tell(at)
    const enter = next?.enter
    if (enter !== undefined) later(() => enter(Effect.void))
  }
}
