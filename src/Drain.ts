import { Context, Effect, type Scope } from "effect"

/** Tells policies that the gate is closing. */
export interface Draining {
  /** Whether it can ever close: if not, a policy need not prepare for it. */
  readonly possible: boolean
  /** Whether draining has begun. */
  readonly isDraining: () => boolean
  /** Whether calls that come now are refused: draining has begun, and no call is expected that was announced before. */
  readonly isClosed: () => boolean
  /** Announces a call that is on its way (1), such as one whose body is being uploaded, or says that it has come (-1). */
  readonly expect: (change: 1 | -1) => void
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
  defaultValue: () => ({
    possible: false,
    isDraining: () => false,
    isClosed: () => false,
    expect: () => {},
    onBegin: never,
    onEnd: never
  })
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
  readonly #atArrival = new Set<() => void>()
  #draining = false
  #over = false
  #expected = 0

  readonly isDraining = (): boolean => this.#draining
  readonly isClosed = (): boolean => this.#draining && (this.#over || this.#expected === 0)
  readonly expect = (change: 1 | -1): void => {
    this.#expected += change
    if (this.#expected === 0) for (const run of this.#atArrival) run()
  }
  readonly onBegin = listenTo(this.#atBegin)
  readonly onEnd = listenTo(this.#atEnd)

  /** Refuses new calls from now on, but those that were announced before. A call that backs off before a retry ends with its last failure. */
  readonly begin: Effect.Effect<void> = Effect.sync(() => {
    if (this.#draining) return
    this.#draining = true
    for (const run of this.#atBegin) run()
  })

  /** Waits until every call that was announced has come. */
  readonly arrived: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#expected === 0) return resume(Effect.void)
    const arrive = () => resume(Effect.void)
    this.#atArrival.add(arrive)
    return Effect.sync(() => void this.#atArrival.delete(arrive))
  })

  /** Ends every call that still waits or runs. */
  readonly end: Effect.Effect<void> = Effect.andThen(
    this.begin,
    Effect.sync(() => {
      this.#over = true
      for (const run of this.#atEnd) run()
    })
  )
}
