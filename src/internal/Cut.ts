import { Cause, type Context, Effect, Exit, Fiber } from "effect"

/** An effect that can be ended from outside with a failure of the ender's choice. */
export class Cut<E2> {
  #fiber: Fiber.Fiber<unknown, unknown> | undefined
  #verdict: Effect.Effect<never, E2> | undefined

  /** Interrupts the effect and lets it fail with the verdict, once its finalizers have run; the first verdict counts. */
  end(verdict: Effect.Effect<never, E2>): void {
    if (this.#verdict !== undefined) return
    this.#verdict = verdict
    this.#fiber?.interruptUnsafe()
  }

  /**
   * Runs the effect in a fiber of its own, at once and on this stack, and ends as it ends.
   *
   * `make` may acquire what `ended` gives back: once it was called, `ended` will be, whatever happens. `suspended` is called
   * if the effect has not ended by the time it first suspends: one that never does so pays for no timer. A defect of a
   * finalizer that runs in the cut is not hidden by the verdict.
   */
  run<A, E, R>(
    make: () => Effect.Effect<A, E, R>,
    suspended: () => unknown,
    ended: (exit: Exit.Exit<A, E | E2>) => unknown
  ): Effect.Effect<A, E | E2, R> {
    let made = false
    return Effect.onExitPrimitive(
      Effect.contextWith((context: Context.Context<R>): Effect.Effect<A, E | E2> => {
        made = true
        const fiber = Effect.runForkWith(context)(make())
        const exit = fiber.pollUnsafe()
        if (exit !== undefined) return this.#ending(exit)
        this.#fiber = fiber
        if (this.#verdict === undefined) suspended()
        // It may have been cut from within, before there was a fiber to interrupt.
        else fiber.interruptUnsafe()
        return Effect.callback((resume) => {
          fiber.addObserver((end) => resume(this.#ending(end)))
        })
      }),
      (exit) => {
        const fiber = this.#fiber
        if (fiber !== undefined && fiber.pollUnsafe() === undefined) {
          return Effect.andThen(
            Fiber.interrupt(fiber),
            Effect.sync(() => ended(exit))
          )
        }
        if (made) ended(exit)
        return undefined
      }
    )
  }

  #ending<A, E>(exit: Exit.Exit<A, E>): Effect.Effect<A, E | E2> {
    return this.#verdict !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      ? this.#verdict
      : exit
  }
}
