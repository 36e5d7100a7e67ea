import { Effect, type Scope } from "effect"
import { change } from "../../engine/Line.ts"
import type { Circuit } from "./Circuit.ts"

type Act = (circuit: Circuit, now: number) => void

/** Does something with each circuit of a breaker. */
export type Circuits = (act: Act) => void

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
  readonly #breakers = new Set<Circuits>()
  #isolations = 0

  private constructor() {}

  static readonly make: Effect.Effect<Control> = Effect.sync(() => new Control())

  /** Keeps the circuits open until the scope closes; with several scopes, until the last of them does. */
  get isolate(): Effect.Effect<void, never, Scope.Scope> {
    const isolate = Effect.sync(() => {
      this.#isolations++
      this.#each((circuit, now) => circuit.isolate(now))
    })
    const release = Effect.sync(() => {
      this.#isolations--
      this.#each((circuit, now) => circuit.release(now))
    })
    return Effect.acquireRelease(isolate, () => release)
  }

  /** Closes the circuits, which forget all failures. One that is isolated is closed once it is released. */
  get close(): Effect.Effect<void> {
    return Effect.sync(() => this.#each((circuit, now) => circuit.close(now)))
  }

  /** Takes control of the circuits of a breaker until the scope closes. */
  attach(circuits: Circuits): Effect.Effect<void, never, Scope.Scope> {
    const attach = Effect.sync(() => void this.#breakers.add(circuits))
    return Effect.acquireRelease(attach, () => Effect.sync(() => void this.#breakers.delete(circuits)))
  }

  /** Isolates a new circuit as the others are. */
  join(circuit: Circuit, now: number): void {
    for (let i = 0; i < this.#isolations; i++) circuit.isolate(now)
  }

  #each(act: Act): void {
    change(() => this.#breakers.forEach((circuits) => circuits(act)))
  }
}
