import { Context, Effect, Scheduler } from "effect"

/** A scheduler that does not wait for the event loop, and knows when nothing can move any more but time. */
export class Machine implements Scheduler.Scheduler {
  readonly executionMode = "async"
  readonly #usual = new Scheduler.MixedScheduler()
  /** Takes its turn in the event loop. */
  readonly #patient = this.#usual.makeDispatcher()
  readonly #swift = new Scheduler.MixedScheduler("async", (run) => this.#soon(run))
  #turns = 0
  #pending = 0

  /** The machine that the fibers of a trial run on. */
  static readonly current: Context.Reference<Machine | undefined> = Context.Reference<Machine | undefined>(
    "headgate/testing/Machine",
    { defaultValue: () => undefined }
  )

  /** Lets every fiber of a trial that can run do so, however often it yields. */
  static readonly settle: Effect.Effect<void> = Effect.flatMap(
    Machine.current,
    (machine) => machine?.settle ?? Effect.void
  )

  /** Runs an effect on a machine of its own. */
  static run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const machine = new Machine()
      return effect.pipe(
        Effect.provideService(Machine.current, machine),
        Effect.provideService(Scheduler.Scheduler, machine)
      )
    })
  }

  shouldYield(fiber: Parameters<Scheduler.Scheduler["shouldYield"]>[0]): boolean {
    return this.#usual.shouldYield(fiber)
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    const dispatcher = this.#swift.makeDispatcher()
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

  /** Lets every fiber that can run do so, however often it yields; one that always can is left to itself after a while. */
  readonly settle: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (let turn = 0; turn < 10_000; turn++) {
      yield* Effect.yieldNow
      if (this.#pending > 0) continue
      // Promises may bring more to do.
      yield* Effect.callback<void>((resume) => this.#patient.scheduleTask(() => resume(Effect.void), 0))
      if (this.#pending === 0) return
    }
  })

  #soon(run: () => void): () => void {
    let cancelled = false
    const unlessCancelled = () => {
      if (!cancelled) run()
    }
    // The event loop must have its turn now and then, or a fiber that never rests would stop the world.
    if (++this.#turns % 1024 === 0) this.#patient.scheduleTask(unlessCancelled, 0)
    else void Promise.resolve().then(unlessCancelled)
    return () => {
      cancelled = true
    }
  }
}
