import { Context, Effect, type Scope } from "effect"

/** Tells policies that the gate is closing. */
export interface Draining {
  /** Whether it can ever close: if not, a policy need not prepare for it. */
  readonly possible: boolean
  /** Whether new calls are refused now. */
  readonly isDraining: () => boolean
  /** Runs a function when draining begins, unless the scope closes before. */
  readonly onBegin: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
  /** Runs a function when the time to drain is over, unless the scope closes before. */
  readonly onEnd: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
}

const never = () => Effect.void

/**
 * The draining that the policies of a gate watch. By default it never begins.
 *
 * @example
 * const drain = new Drain()
 * const gate = Headgate.make().pipe(Layer.provide(Layer.succeed(Draining, drain)))
 *
 * const program = Effect.gen(function* () {
 *   yield* drain.begin
 *   return yield* Gate.pass({ caller: "ada" }, askModel)
 * }).pipe(Effect.catchReason("Rejection", "ShuttingDown", ({ code }) => Effect.succeed(code)))
 *
 * await Effect.runPromise(Effect.provide(program, gate)) // => "shutting_down"
 */
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

/** Closes a gate in two steps: `begin` refuses new calls, `end` ends those that are left; see `Draining`. */
export class Drain implements Draining {
  readonly possible = true
  readonly #atBegin = new Set<() => void>()
  readonly #atEnd = new Set<() => void>()
  #draining = false

  readonly isDraining = (): boolean => this.#draining
  readonly onBegin = listenTo(this.#atBegin)
  readonly onEnd = listenTo(this.#atEnd)

  /** Refuses new calls from now on. A call that backs off before a retry ends with its last failure. */
  readonly begin: Effect.Effect<void> = Effect.sync(() => {
    if (this.#draining) return
    this.#draining = true
    for (const run of this.#atBegin) run()
  })

  /** Ends every call that still waits or runs. */
  readonly end: Effect.Effect<void> = Effect.andThen(
    this.begin,
    Effect.sync(() => {
      for (const run of this.#atEnd) run()
    })
  )
}
