import { Duration, Effect, Fiber, Scope } from "effect"
import { RankTree } from "./RankTree.ts"
import { grain, now, type Now } from "./Time.ts"

/** Something to be done at a moment. */
export interface Entry {
  readonly at: number
  /** Which of several at one moment comes first; the alarm gives it. */
  order: number
  ring(): void
}

/** Milliseconds. */
const soon = 100

/**
 * Calls back at given moments of the gate's clock.
 *
 * One sleeping fiber serves every entry, since a timer and two fibers for each call would cost more than a whole policy.
 */
export class Alarm {
  readonly #entries = new RankTree<Entry>((a, b) => (a.at === b.at ? a.order < b.order : a.at < b.at))
  readonly #now: Now
  readonly #fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  #order = 0
  #sleeper: Fiber.Fiber<void> | undefined
  #wakesAt = Infinity
  /** Whether the sleeper, if there is one, wakes soon. */
  #brief = true

  private constructor(clock: Now, fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.#now = clock
    this.#fork = fork
  }

  /** Makes an alarm that falls silent when the scope closes. */
  static readonly make: Effect.Effect<Alarm, never, Scope.Scope> = Effect.gen(function* () {
    const alarm = new Alarm(yield* now, Effect.runForkWith(yield* Effect.context<never>()))
    yield* Effect.addFinalizer(() => alarm.#silence)
    return alarm
  })

  /** Rings once at the moment, or as soon after it as the clock allows, unless the entry is cancelled first. */
  set(at: number, ring: () => void): Entry {
    const entry = { at, order: 0, ring }
    this.add(entry)
    return entry
  }

  /** The same for an entry that is somebody's own. */
  add(entry: Entry): void {
    entry.order = this.#order++
    this.#entries.add(entry)
    if (entry.at < this.#wakesAt) this.#sleepUntil(entry.at)
  }

  /** Rings once after so many milliseconds. */
  in(millis: number, ring: () => void): Entry {
    return this.set(this.#now() + millis, ring)
  }

  /** Does nothing if the entry has rung already. */
  cancel(entry: Entry): void {
    this.#entries.remove(entry)
    // The sleeper finds out when it wakes: soon, if nothing is left to wake for, since its timer keeps the process alive.
    if (this.#entries.size === 0 && !this.#brief) this.#sleepUntil(this.#now() + soon, true)
  }

  #sleepUntil(at: number, brief = false): void {
    this.#sleeper?.interruptUnsafe()
    this.#wakesAt = at
    this.#brief = brief
    this.#sleeper = this.#fork(
      Effect.andThen(
        Effect.suspend(() => Effect.sleep(Duration.millis(Math.max(0, at - this.#now())))),
        Effect.sync(() => this.#wake())
      )
    )
  }

  #wake(): void {
    // What rings may set entries of its own: this fiber must not be interrupted by them half-way.
    this.#sleeper = undefined
    this.#wakesAt = -Infinity
    this.#brief = true
    const due = this.#now() + grain
    let entry = this.#entries.first
    while (entry !== undefined && entry.at <= due) {
      this.#entries.remove(entry)
      entry.ring()
      entry = this.#entries.first
    }
    this.#wakesAt = Infinity
    if (entry !== undefined) this.#sleepUntil(entry.at)
  }

  get #silence(): Effect.Effect<void> {
    return Effect.suspend(() => (this.#sleeper === undefined ? Effect.void : Fiber.interrupt(this.#sleeper)))
  }
}
