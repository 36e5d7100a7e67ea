import { Effect, type Fiber } from "effect"

/** The calls inside a gate that may be closed. */
export class Inside {
  readonly #calls = new Set<Fiber.Fiber<unknown, unknown>>()
  readonly #listeners = new Set<() => void>()

  add(call: Fiber.Fiber<unknown, unknown>): void {
    this.#calls.add(call)
  }

  delete(call: Fiber.Fiber<unknown, unknown>): void {
    this.#calls.delete(call)
    if (this.#calls.size === 0) for (const listener of this.#listeners) listener()
  }

  /** Waits until none is inside. */
  readonly empty: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#calls.size === 0) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    this.#listeners.add(listener)
    return Effect.sync(() => this.#listeners.delete(listener))
  })

  /** Ends whoever is still inside. */
  end(): void {
    for (const call of this.#calls) call.interruptUnsafe()
  }
}
