import { Effect, type Fiber, type Scope } from "effect"
import { Fifo, type Linked } from "./Fifo.ts"
import { Heap, type Ranked } from "./Heap.ts"
import { change } from "./Line.ts"
import { clockResolution, now, type Now } from "./Time.ts"

/** A timer in the queue; a stage may be one itself. */
export abstract class Timed implements Linked<Timed> {
  /** When it fires, in milliseconds of the gate's clock. */
  at = NaN
  /** The lane it is in while it is set. */
  lane: Lane | undefined = undefined
  previous: Timed | undefined = undefined
  next: Timed | undefined = undefined

  abstract fire(at: number): void
}

/** Timers of one duration: they fire in the order they were set. */
export class Lane extends Fifo<Timed> implements Ranked {
  readonly millis: number
  /** When the lane is checked next, no later than its first timer is due. */
  looksAt: number
  heapIndex = 0

  constructor(millis: number, looksAt: number) {
    super()
    this.millis = millis
    this.looksAt = looksAt
  }
}

/** Milliseconds for which the sleeper may go on once no timer is set: it keeps the process alive. */
const soon = 100

/** Empty lanes that are kept, since the next timer of their duration is likely to be set soon. */
const idleLanes = 16

/**
 * Calls back at given moments of the gate's clock.
 *
 * Most timers have one of a few durations, so each duration has a lane that is in order by itself, as in Node's own
 * timers: setting and cancelling are O(1). One sleeping fiber serves all timers.
 */
export class TimerQueue {
  readonly now: Now
  readonly #lanes = new Map<number, Lane>()
  readonly #next = new Heap<Lane>((a, b) => a.looksAt < b.looksAt)
  readonly #fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  #size = 0
  #sleeper: Fiber.Fiber<void> | undefined
  #wakesAt = Infinity
  /** Whether the sleeper, if there is one, wakes soon. */
  #brief = true

  private constructor(clock: Now, fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.now = clock
    this.#fork = fork
  }

  /** Makes a queue that sleeps for no timer once its scope has closed and those that were set have fired. */
  static readonly make: Effect.Effect<TimerQueue, never, Scope.Scope> = Effect.gen(function* () {
    const queue = new TimerQueue(yield* now, Effect.runForkWith(yield* Effect.context<never>()))
    yield* Effect.addFinalizer(() => Effect.sync(() => queue.#close()))
    return queue
  })

  /** The scope has closed. Calls may outlive it, and those that begin later still have their time. */
  #close(): void {
    if (this.#size > 0) return
    this.#sleeper?.interruptUnsafe()
    this.#wakesAt = Infinity
    this.#brief = true
  }

  /** Sets a timer that is not set: it fires once, `millis` after `from`, or as soon after that as the clock allows. */
  set(timer: Timed, from: number, millis: number): void {
    timer.at = from + millis
    let lane = this.#lanes.get(millis)
    if (lane === undefined) {
      lane = new Lane(millis, timer.at)
      this.#lanes.set(millis, lane)
      this.#next.add(lane)
    }
    timer.lane = lane
    lane.add(timer)
    this.#size++
    if (timer.at < this.#wakesAt) this.#sleepUntil(timer.at)
  }

  /** Cancels a timer; does nothing if it is not set. */
  cancel(timer: Timed): void {
    const { lane } = timer
    if (lane === undefined) return
    lane.remove(timer)
    timer.lane = undefined
    if (lane.first === undefined && this.#lanes.size > idleLanes) this.#drop(lane)
    // A sleeper with nothing to wake for is cut short, since it keeps the process alive.
    if (--this.#size === 0 && !this.#brief) this.#sleepUntil(this.now() + soon)
  }

  #drop(lane: Lane): void {
    this.#next.remove(lane)
    this.#lanes.delete(lane.millis)
  }

  #sleepUntil(at: number): void {
    const millis = Math.max(0, at - this.now())
    this.#sleeper?.interruptUnsafe()
    this.#wakesAt = at
    this.#brief = millis <= soon
    // All calls that are cut at one moment are cut before anything follows from that.
    const wake = Effect.sync(() => change(() => this.#wake()))
    this.#sleeper = this.#fork(Effect.andThen(Effect.sleep(millis), wake))
  }

  #wake(): void {
    // Timers that fire may set others, which must not interrupt this fiber half-way.
    this.#sleeper = undefined
    this.#wakesAt = -Infinity
    this.#brief = true
    const at = this.now()
    const due = at + clockResolution
    for (let lane = this.#next.first; lane !== undefined && lane.looksAt <= due; lane = this.#next.first) {
      const timer = lane.first
      if (timer === undefined) this.#drop(lane)
      else if (timer.at > due) {
        lane.looksAt = timer.at
        this.#next.update(lane)
      } else {
        this.cancel(timer)
        timer.fire(at)
      }
    }
    this.#wakesAt = Infinity
    if (this.#size > 0) this.#sleepUntil(this.#next.first!.looksAt)
  }
}

/** A timer that calls a function. */
export class Timer extends Timed {
  override readonly fire: (at: number) => void

  constructor(fire: (at: number) => void) {
    super()
    this.fire = fire
  }
}
