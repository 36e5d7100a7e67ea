import { Context, Effect, Scope } from "effect"

/** Tells the waiting rooms that the gate is closing; by default it never does. */
export interface Draining {
  /** Whether it will ever close: a room spares itself the preparations if not. */
  readonly possible: boolean
  /** Whether new calls are to be refused. */
  readonly begun: () => boolean
  /** Runs a function when the time to drain is over, unless the scope closes before. */
  readonly onEnd: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
}

/** The draining that waiting rooms beneath look at. */
export const Draining: Context.Reference<Draining> = Context.Reference<Draining>("headgate/Draining", {
  defaultValue: () => ({ possible: false, begun: () => false, onEnd: () => Effect.void })
})

/** Closes a gate in two steps, so that running calls may end between them. */
export class Drain implements Draining {
  readonly possible = true
  readonly #listeners = new Set<() => void>()
  #begun = false

  readonly begun = (): boolean => this.#begun

  readonly onEnd = (run: () => void): Effect.Effect<void, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => void this.#listeners.add(run)),
      () => Effect.sync(() => void this.#listeners.delete(run))
    )

  /** Refuses new calls from now on. */
  readonly begin: Effect.Effect<void> = Effect.sync(() => {
    this.#begun = true
  })

  /** Ends whatever still waits or runs. */
  readonly end: Effect.Effect<void> = Effect.sync(() => {
    this.#begun = true
    for (const run of this.#listeners) run()
  })
}
