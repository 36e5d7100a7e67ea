import { Clock, Duration, Effect, Scheduler } from "effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

// A Monday morning: a run in virtual time must not depend on the day it is made.
const origin = Date.UTC(2026, 0, 5, 8)

/** A clock that stands still while anything runs, and then jumps to the next sleeper. */
class VirtualClock implements Clock.Clock {
  readonly #idle: () => void
  /** The last is due first; of those due at once, the one that came first. */
  readonly #sleepers: Array<Sleeper> = []
  /** Whole nanoseconds since the origin. */
  #now = 0

  /** `idle` is called when there may be nothing left to do but to wake a sleeper. */
  constructor(idle: () => void) {
    this.#idle = idle
  }

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  currentTimeMillisUnsafe(): number {
    return origin + Math.floor(this.#now / 1e6)
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(origin) * 1_000_000n + BigInt(this.#now)
  }

  monotonicTimeNanosUnsafe(): bigint {
    return BigInt(this.#now)
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (millis <= 0) return Effect.yieldNow
    if (!Number.isFinite(millis)) return Effect.never
    return Effect.callback<void>((resume) => {
      const sleeper = { at: this.#now + Math.ceil(millis * 1e6), wake: () => resume(Effect.void) }
      this.#insert(sleeper)
      this.#idle()
      return Effect.sync(() => this.#remove(sleeper))
    })
  }

  /** Jumps to the next sleeper and wakes it; tells whether others are left. */
  jump(): boolean {
    const next = this.#sleepers.pop()
    if (next !== undefined) {
      this.#now = next.at
      next.wake()
    }
    return this.#sleepers.length > 0
  }

  #insert(sleeper: Sleeper): void {
    const later = this.#sleepers.findLastIndex(({ at }) => at > sleeper.at)
    this.#sleepers.splice(later + 1, 0, sleeper)
  }

  #remove(sleeper: Sleeper): void {
    const place = this.#sleepers.indexOf(sleeper)
    if (place >= 0) this.#sleepers.splice(place, 1)
  }
}

/**
 * Runs an effect in virtual time: as soon as all its fibers wait, the clock jumps to the next moment one waits for.
 *
 * What waits for the world outside, as sockets and files do, is not waited for.
 */
export const run = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const parent = yield* Scheduler.Scheduler
    const tasks = parent.makeDispatcher()
    const jumps = parent.makeDispatcher()
    let waiting = 0
    let set = false

    // Through a dispatcher of its own, so that promises settle and signals arrive before time goes on.
    const idle = () => {
      if (set || waiting > 0) return
      set = true
      jumps.scheduleTask(() => {
        set = false
        if (waiting === 0 && clock.jump()) idle()
      }, 0)
    }
    const clock = new VirtualClock(idle)
    const dispatcher: Scheduler.SchedulerDispatcher = {
      scheduleTask: (task, priority) => {
        waiting++
        tasks.scheduleTask(() => {
          waiting--
          task()
          idle()
        }, priority)
      },
      flush: () => tasks.flush()
    }
    const scheduler: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      shouldYield: (fiber) => parent.shouldYield(fiber),
      makeDispatcher: () => dispatcher
    }
    return yield* effect.pipe(
      Effect.provideService(Clock.Clock, clock),
      Effect.provideService(Scheduler.Scheduler, scheduler)
    )
  })
