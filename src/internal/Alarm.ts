import { Duration, Effect, Fiber, type Scope } from "effect"
import { RankTree } from "./RankTree.ts"
import { grain, now, type Now } from "./Time.ts"
import { change } from "../engine/Loop.ts"

/** Something to be done at a moment; a stay may be one itself. */
export interface Entry {
  at: number
  lane: Lane | undefined
  before: Entry | undefined
  after: Entry | undefined
  ring(at: number): void
}

/** Entries that were set for the same time ahead: they ring as they came. */
export interface Lane {
  readonly millis: number
  readonly order: number
  first: Entry | undefined
  last: Entry | undefined
  /** When it is looked at next, no later than its first entry rings. */
  looksAt: number
}

/** Milliseconds. */
const soon = 100

/** Lanes that stay although nobody is in them, since the next one will be soon. */
const few = 16

/**
 * Calls back at given moments of the gate's clock.
 *
 * Most entries are set for one of a few times ahead, so a lane for each of those keeps its order for nothing, as the timers
 * of Node do; an entry is set and cancelled in O(1). One sleeping fiber serves every entry.
 */
export class Alarm {
  readonly #lanes = new Map<number, Lane>()
  readonly #next = new RankTree<Lane>((a, b) => (a.looksAt === b.looksAt ? a.order < b.order : a.looksAt < b.looksAt))
  readonly now: Now
  readonly #fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  #order = 0
  #size = 0
  #sleeper: Fiber.Fiber<void> | undefined
  #wakesAt = Infinity
  /** Whether the sleeper, if there is one, wakes soon. */
  #brief = true

  private constructor(clock: Now, fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.now = clock
    this.#fork = fork
  }

  /** Makes an alarm that falls silent when the scope closes. */
  static readonly make: Effect.Effect<Alarm, never, Scope.Scope> = Effect.gen(function* () {
    const alarm = new Alarm(yield* now, Effect.runForkWith(yield* Effect.context<never>()))
    yield* Effect.addFinalizer(() => alarm.#silence)
    return alarm
  })

  /** Rings once, so many milliseconds after `from`, or as soon after it as the clock allows. */
  add(entry: Entry, from: number, millis: number): void {
    entry.at = from + millis
    let lane = this.#lanes.get(millis)
    if (lane === undefined) {
      lane = { millis, order: this.#order++, first: undefined, last: undefined, looksAt: entry.at }
      this.#lanes.set(millis, lane)
      this.#next.add(lane)
    }
    const { last } = lane
    entry.lane = lane
    entry.before = last
    if (last === undefined) lane.first = entry
    else last.after = entry
    lane.last = entry
    this.#size++
    if (entry.at < this.#wakesAt) this.#sleepUntil(entry.at)
  }

  /** Does nothing if the entry has rung, or was never set. */
  cancel(entry: Entry): void {
    const { after, before, lane } = entry
    if (lane === undefined) return
    if (before === undefined) lane.first = after
    else before.after = after
    if (after === undefined) lane.last = before
    else after.before = before
    entry.lane = undefined
    entry.before = undefined
    entry.after = undefined
    if (lane.first === undefined && this.#lanes.size > few) {
      this.#next.remove(lane)
      this.#lanes.delete(lane.millis)
    }
    // The sleeper finds out when it wakes: soon, if nothing is left to wake for, since its timer keeps the process alive.
    if (--this.#size === 0 && !this.#brief) this.#sleepUntil(this.now() + soon, true)
  }

  #sleepUntil(at: number, brief = false): void {
    this.#sleeper?.interruptUnsafe()
    this.#wakesAt = at
    this.#brief = brief
    this.#sleeper = this.#fork(
      Effect.andThen(
        Effect.suspend(() => Effect.sleep(Duration.millis(Math.max(0, at - this.now())))),
        // Whatever is cut at one moment is cut before anything else follows from it.
        Effect.sync(() => change(() => this.#wake()))
      )
    )
  }

  #wake(): void {
    // What rings may set entries of its own: this fiber must not be interrupted by them half-way.
    this.#sleeper = undefined
    this.#wakesAt = -Infinity
    this.#brief = true
    const at = this.now()
    const due = at + grain
    let lane = this.#next.first
    while (lane !== undefined && lane.looksAt <= due) {
      this.#next.remove(lane)
      const entry = lane.first
      if (entry === undefined) this.#lanes.delete(lane.millis)
      else if (entry.at > due) {
        lane.looksAt = entry.at
        this.#next.add(lane)
      } else {
        this.#next.add(lane)
        this.cancel(entry)
        entry.ring(at)
      }
      lane = this.#next.first
    }
    this.#wakesAt = Infinity
    if (this.#size > 0) return this.#sleepUntil(lane!.looksAt)
    for (; lane !== undefined; lane = this.#next.first) {
      this.#next.remove(lane)
      this.#lanes.delete(lane.millis)
    }
  }

  get #silence(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#sleeper === undefined ? Effect.void : Fiber.interrupt(this.#sleeper)))
  }
}

/** An entry that calls a function. */
export class Bell implements Entry {
  at = NaN
  lane: Lane | undefined = undefined
  before: Entry | undefined = undefined
  after: Entry | undefined = undefined
  readonly ring: (at: number) => void

  constructor(ring: (at: number) => void) {
    this.ring = ring
  }
}
