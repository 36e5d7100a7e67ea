import { Cause, type Context, Effect, Exit, Fiber } from "effect"

/** An effect that can be ended from outside with a failure of the ender's choice; it is run once. */
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
   * A defect of a finalizer that runs in the cut is not hidden by the verdict.
   */
  run<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | E2, R> {
    // One step of the fiber that runs this: it cannot be interrupted between the fork and what watches over it.
    return Effect.callback<A, E | E2, R>((resume) => {
      const context = Fiber.getCurrent()!.context as Context.Context<R>
      const fiber = Effect.runForkWith(context)(effect)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) {
        this.ended(exit)
        resume(this.#ending(exit))
        return
      }
      this.#fiber = fiber
      fiber.addObserver((exit) => {
        this.ended(exit)
        resume(this.#ending(exit))
      })
      if (this.#verdict === undefined) this.suspended()
      // It may have been cut from within, before there was a fiber to interrupt.
      else fiber.interruptUnsafe()
      return Fiber.interrupt(fiber)
    })
  }

  /** Called if the effect has not ended by the time it first suspends: one that never does so needs no watching. */
  protected suspended(): void {}

  /** Called when the effect has ended, whatever happens: what it acquired can be given back here. */
  protected ended(_exit: Exit.Exit<unknown, unknown>): void {}

  #ending<A, E>(exit: Exit.Exit<A, E>): Effect.Effect<A, E | E2> {
    return this.#verdict !== undefined && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
      ? this.#verdict
      : exit
  }
}
