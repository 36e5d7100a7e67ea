import { Duration, Effect, Exit } from "effect"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, QueueFull, type Reason, ShuttingDown } from "../domain/Rejection.ts"
import { Draining } from "../Drain.ts"
import type { Link as Place } from "../internal/Fifo.ts"
import type { Placed } from "../internal/Levels.ts"
import { now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"
import { Alarm, Bell } from "../internal/Alarm.ts"
import { type Call, type End, Stay, waits } from "../engine/Call.ts"
import { change, post } from "../engine/Loop.ts"
import { Gate } from "../Gate.ts"
import { Room, type Visitor } from "../internal/Room.ts"

export interface Options {
  /** Calls that may wait, a whole number from 0 to 1000000, or `Infinity`; with 0 a call starts at once or is refused. */
  readonly capacity: number
  /** Longest wait before the start, 1 ms to a day; `Infinity`, no such limit. */
  readonly maxWait?: Duration.Input | undefined
  /** How long a call waits before it counts as one level more urgent, 1 ms to a day, or `Infinity` for never; 10 s. */
  readonly ageing?: Duration.Input | undefined
}

const names: Range.Names<Options> = { capacity: true, maxWait: true, ageing: true }

/** Lets calls wait, up to a number, and start in order: by level, then fairly between callers, then as they came. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* (beneath) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const capacity = checker.number("capacity", given.capacity, Range.capacity)
      const maxWait = checker.duration("maxWait", given.maxWait, Range.millis, Infinity)
      const step = checker.duration("ageing", given.ageing, Range.millis, 10_000)
      yield* checker.done
      const clock = yield* now
      const draining = yield* Draining
      const { record, watch } = yield* Stats.recorder
      const alarm = yield* Alarm.make
      const pausedUntil = beneath.pausedUntil ?? (() => -Infinity)
      const turnstile = new Turnstile({ capacity, maxWait, step, pausedUntil, draining, alarm, record })
      const { room } = turnstile
      watch(() => ({
        maxSize: capacity,
        oldestWaitMs: room.oldest === undefined ? 0 : clock() - room.oldest.arrivedAt,
        predictedWaitMs: turnstile.predictedWait(clock())
      }))
      if (draining.possible) yield* draining.onEnd(() => change(() => turnstile.close()))
      return (call: Call) => new Visit(call, turnstile)
    })
  )

/** A call's visit to the room. */
class Visit extends Stay implements Visitor {
  readonly call: Call
  readonly #turnstile: Turnstile
  place: Place<Visitor> | undefined = undefined
  arrivedAt = NaN
  tag = NaN
  order = 0
  level = 0
  since = NaN
  doorAt = NaN
  queued = false
  /** Rings when it has waited as long as it may, if there is such a limit. */
  bell: Bell | undefined = undefined
  gone = false
  #startedAt = NaN
  link: Place<Placed> | undefined = undefined

  constructor(call: Call, turnstile: Turnstile) {
    super()
    this.call = call
    this.#turnstile = turnstile
  }

  get ask() {
    return this.call.ask
  }

  override enter(at: number) {
    return this.#turnstile.enter(this, at)
  }

  override start(at: number) {
    // A call that is made again from within has left the room already.
    if (!this.gone) this.#turnstile.start(this, at)
    this.#startedAt = at
    return undefined
  }

  override leave(exit: End, at: number) {
    this.#turnstile.leave(this, at, this.#startedAt, Exit.isSuccess(exit))
    return undefined
  }

  /** With no room to wait in: the last moment to have started. */
  step() {
    if (!this.call.over && this.call.attempts === 0) this.call.cut(this, this.#turnstile.full(this.call.now()))
  }
}

interface Settings {
  readonly capacity: number
  readonly maxWait: number
  readonly step: number
  readonly pausedUntil: () => number
  readonly draining: Draining
  readonly alarm: Alarm
  readonly record: Stats["Service"]["record"]
}

/** Lets calls wait in a room, and one of them at a time into whatever lies beneath, until it starts or gives up. */
class Turnstile {
  readonly room: Room<Visit>
  readonly #settings: Settings
  /** Those that have started, if it may close: those that wait are in the room. */
  readonly #started = new Set<Visit>()

  constructor(settings: Settings) {
    this.room = new Room(settings.step)
    this.#settings = settings
  }

  enter(visit: Visit, at: number): Reason | typeof waits | undefined {
    const { alarm, capacity, draining, maxWait } = this.#settings
    if (draining.begun()) return shuttingDown
    const { ask, until } = visit.call
    if (this.room.waiting >= Math.max(1, capacity)) return this.full(at)
    // An estimate that refused an idle gate could never be corrected.
    if (this.room.head !== undefined && until !== Infinity) {
      const late = this.#late(until, this.room.ahead(ask, at), this.nextStart(at), at)
      if (late !== undefined) return late
    }
    this.room.arrive(visit, at)
    this.#tell(at)
    if (maxWait < Infinity) {
      visit.bell = new Bell(() => this.#tooLong(visit))
      alarm.add(visit.bell, at, maxWait)
    }
    if (capacity === 0) post(visit)
    return visit.queued ? waits : undefined
  }

  start(visit: Visit, at: number): void {
    if (this.#settings.draining.possible) this.#started.add(visit)
    if (visit.bell !== undefined) this.#settings.alarm.cancel(visit.bell)
    this.#spare(visit, at)
    const next = this.room.start(visit, at)
    this.#tell(at)
    this.#let(next, at)
  }

  leave(visit: Visit, at: number, startedAt: number, whole: boolean): void {
    if (visit.bell !== undefined) this.#settings.alarm.cancel(visit.bell)
    if (startedAt === startedAt) {
      if (this.#settings.draining.possible) this.#started.delete(visit)
      this.room.learnService(at - startedAt, whole)
    }
    if (visit.gone) return
    this.#spare(visit, at)
    const next = this.room.giveUp(visit, at)
    this.#tell(at)
    this.#let(next, at)
  }

  #tooLong(visit: Visit): void {
    const { maxWait } = this.#settings
    const retryAfter = some(this.nextStart(visit.call.now()))
    const elapsed = Duration.millis(maxWait)
    visit.call.cut(visit, new DeadlineExceeded({ limit: "wait", started: false, elapsed, retryAfter }))
  }

  close(): void {
    for (const visit of this.room.everybody) visit.call.cut(visit, shuttingDown)
    for (const visit of this.#started) visit.call.cut(visit, shuttingDown)
  }

  /** How long a call that came now would wait, on average. */
  predictedWait(at: number): number {
    const { pace, waiting } = this.room
    return this.nextStart(at) + pace.mean * Math.max(0, waiting - 1)
  }

  /** The refusal of a call that finds no place. */
  full(at: number): Reason {
    // A place is free as soon as the one at the door starts.
    return new QueueFull({ capacity: this.#settings.capacity, retryAfter: some(this.nextStart(at)) })
  }

  /** For how long the one at the door will stand there yet, if somebody does, and nothing will start in any case. */
  nextStart(at: number): number {
    const { head, pace, standstill } = this.room
    const pausedUntil = this.#settings.pausedUntil()
    const pausedFor = Math.max(0, pausedUntil - at)
    if (head === undefined) return pausedFor
    const begun = Math.max(0, at - Math.max(head.doorAt, pausedUntil))
    // Of a turn that has lasted longer than expected, as much again is to be expected.
    return Math.max(Math.abs(pace.mean - begun), standstill - begun, pausedFor)
  }

  /** Refuses a call that would end past its deadline with so many turns before its own, the first of them lasting so long yet. */
  #late(until: number, ahead: number, first: number, at: number): Reason | undefined {
    const { pace, service } = this.room
    const late = at + first + pace.likely(ahead + 1) - pace.mean + service.likely(1) - until
    if (late <= 0) return undefined
    return new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter: Duration.millis(late) })
  }

  /** Lets in whose turn it is, unless it cannot meet its deadline any more: before a permit or a token is spent on it. */
  #let(visit: Visit | undefined, at: number): void {
    if (visit === undefined) return
    const { until } = visit.call
    const late = until === Infinity ? undefined : this.#late(until, 0, this.room.pace.mean, at)
    if (late === undefined) visit.call.proceed()
    else visit.call.cut(visit, late)
  }

  /** Leaves a pause out of the time at the door: it says nothing of the pace. */
  #spare(visit: Visit, at: number): void {
    visit.doorAt = Math.max(visit.doorAt, Math.min(at, this.#settings.pausedUntil()))
  }

  #tell(at: number): void {
    this.#settings.record({ _tag: "Waiting", size: this.room.waiting, capacity: this.#settings.capacity, at })
  }
}

const shuttingDown = new ShuttingDown({ retryAfter: undefined })

const some = (millis: number) => (millis > 0 ? Duration.millis(millis) : undefined)
