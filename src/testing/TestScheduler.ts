import { Context, Effect, Scheduler } from "effect"

/** A scheduler that runs fibers without waiting for the event loop, and can tell when every fiber waits for time to pass. */
export class TestScheduler implements Scheduler.Scheduler {
  readonly executionMode = "async"
  readonly #effect = new Scheduler.MixedScheduler()
  /** Runs tasks in their turn of the event loop. */
  readonly #eventLoop = this.#effect.makeDispatcher()
  readonly #microtasks = new Scheduler.MixedScheduler("async", (run) => this.#runSoon(run))
  #turns = 0
  #pending = 0

  /** The scheduler that runs the fibers of a trial. */
  static readonly current: Context.Reference<TestScheduler | undefined> = Context.Reference<TestScheduler | undefined>(
    "headgate/testing/TestScheduler",
    { defaultValue: () => undefined }
  )

  /** Waits until no fiber of the trial can run before time passes. */
  static readonly settle: Effect.Effect<void> = Effect.flatMap(
    TestScheduler.current,
    (scheduler) => scheduler?.settle ?? Effect.void
  )

  /** Runs an effect on a new scheduler. */
  static run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const scheduler = new TestScheduler()
      return effect.pipe(
        Effect.provideService(TestScheduler.current, scheduler),
        Effect.provideService(Scheduler.Scheduler, scheduler)
      )
    })
  }

  shouldYield(fiber: Parameters<Scheduler.Scheduler["shouldYield"]>[0]): boolean {
    return this.#effect.shouldYield(fiber)
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    const dispatcher = this.#microtasks.makeDispatcher()
    return {
      scheduleTask: (task, priority) => {
        this.#pending++
        dispatcher.scheduleTask(() => {
          this.#pending--
          task()
        }, priority)
      },
      flush: () => dispatcher.flush()
    }
  }

  /** Waits until no fiber can run before time passes; gives up after 10,000 turns on a fiber that never suspends. */
  readonly settle: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (let turn = 0; turn < 10_000; turn++) {
      yield* Effect.yieldNow
      if (this.#pending > 0) continue
      // A promise that resolves in this turn may schedule more tasks.
      yield* Effect.callback<void>((resume) => this.#eventLoop.scheduleTask(() => resume(Effect.void), 0))
      if (this.#pending === 0) return
    }
  })

  #runSoon(run: () => void): () => void {
    let cancelled = false
    const unlessCancelled = () => {
      if (!cancelled) run()
    }
    // Without a turn of the event loop now and then, a fiber that never suspends would block it for ever.
    if (++this.#turns % 1024 === 0) this.#eventLoop.scheduleTask(unlessCancelled, 0)
    else void Promise.resolve().then(unlessCancelled)
    return () => {
      cancelled = true
    }
  }
}
