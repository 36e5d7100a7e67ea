import { Context, Effect, type Scope } from "effect"

/** Tells policies that the gate is closing; by default it never does. */
export interface Draining {
  /** Whether it will ever close: a policy spares itself the preparations if not. */
  readonly possible: boolean
  /** Whether new calls are refused. */
  readonly isDraining: () => boolean
  /** Runs a function when draining begins, unless the scope closes before. */
  readonly onBegin: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
  /** Runs a function when the time to drain is over, unless the scope closes before. */
  readonly onEnd: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
}

const never = () => Effect.void

/** The draining that the policies of a gate look at. */
export const Draining: Context.Reference<Draining> = Context.Reference<Draining>("headgate/Draining", {
  defaultValue: () => ({ possible: false, isDraining: () => false, onBegin: never, onEnd: never })
})

const listenTo =
  (listeners: Set<() => void>) =>
  (run: () => void): Effect.Effect<void, never, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.sync(() => void listeners.add(run)),
      () => Effect.sync(() => void listeners.delete(run))
    )

/** Closes a gate in two steps, so that running calls may end between them. */
export class Drain implements Draining {
  readonly possible = true
  readonly #atBegin = new Set<() => void>()
  readonly #atEnd = new Set<() => void>()
  #draining = false

  readonly isDraining = (): boolean => this.#draining
  readonly onBegin = listenTo(this.#atBegin)
  readonly onEnd = listenTo(this.#atEnd)

  /** Refuses new calls from now on, and ends back-offs with the failure that they wait to repeat. */
  readonly begin: Effect.Effect<void> = Effect.sync(() => {
    if (this.#draining) return
    this.#draining = true
    for (const run of this.#atBegin) run()
  })

  /** Ends whatever still waits or runs. */
  readonly end: Effect.Effect<void> = Effect.andThen(
    this.begin,
    Effect.sync(() => {
      for (const run of this.#atEnd) run()
    })
  )
}
