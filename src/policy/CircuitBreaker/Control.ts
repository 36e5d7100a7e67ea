import { Effect, type Scope } from "effect"
import { change } from "../../engine/Line.ts"

/** What a control does to a circuit. */
export interface Controlled {
  readonly isolate: () => void
  readonly release: () => void
  readonly close: () => void
}

/**
 * Isolates and closes circuits by hand: those of all breakers that have it as their option `control`.
 *
 * @example
 * const program = Effect.gen(function* () {
 *   const control = yield* CircuitBreaker.Control.make
 *   const gate = CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds", control }).pipe(
 *     Layer.provide(Gate.layerNoop)
 *   )
 *   const call = Gate.pass({}, askModel).pipe(
 *     Effect.catchReason("Rejection", "CircuitOpen", ({ code }) => Effect.succeed(code))
 *   )
 *   const maintenance = Effect.scoped(Effect.andThen(control.isolate, call))
 *   return yield* Effect.provide(Effect.all([call, maintenance, call]), gate)
 * })
 *
 * await Effect.runPromise(program) // => ["an answer", "circuit_open", "an answer"]
 */
export class Control {
  readonly #circuits = new Set<Controlled>()
  #isolations = 0

  private constructor() {}

  static readonly make: Effect.Effect<Control> = Effect.sync(() => new Control())

  /** Keeps the circuits open until the scope closes; with several scopes, until the last of them does. */
  get isolate(): Effect.Effect<void, never, Scope.Scope> {
    const isolate = Effect.sync(() => {
      this.#isolations++
      this.#each((circuit) => circuit.isolate())
    })
    const release = Effect.sync(() => {
      this.#isolations--
      this.#each((circuit) => circuit.release())
    })
    return Effect.acquireRelease(isolate, () => release)
  }

  /** Closes the circuits, which forget all failures. One that is isolated is closed once it is released. */
  get close(): Effect.Effect<void> {
    return Effect.sync(() => this.#each((circuit) => circuit.close()))
  }

  /** Takes control of a circuit until the scope closes. */
  attach(circuit: Controlled): Effect.Effect<void, never, Scope.Scope> {
    const attach = Effect.sync(() => {
      this.#circuits.add(circuit)
      for (let i = 0; i < this.#isolations; i++) circuit.isolate()
    })
    return Effect.acquireRelease(attach, () => Effect.sync(() => void this.#circuits.delete(circuit)))
  }

  #each(act: (circuit: Controlled) => void): void {
    change(() => this.#circuits.forEach(act))
  }
}
