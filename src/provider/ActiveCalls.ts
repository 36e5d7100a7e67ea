import { type Context, Effect, type Exit } from "effect"
import { Fifo } from "../engine/Fifo.ts"
import type { Active, ActiveSet } from "../engine/PromiseCall.ts"

const once = { once: true }

/** Who makes a call, and what it wants to hear of it. */
export interface Caller<A, E> {
  /** Ends the call when it aborts. */
  readonly signal: AbortSignal | undefined
  /** Called at once when the signal aborts. */
  readonly onAbort: (reason: unknown) => void
  /** Called when the call has ended, even if its caller has left. */
  readonly ended: (exit: Exit.Exit<A, E>) => void
}

/** Runs the calls of programs without Effect, and keeps those that have not ended. */
export class ActiveCalls implements ActiveSet {
  readonly #context: Context.Context<never>
  // A `Set` would replace its table again and again: the old ones keep dead calls alive until a major garbage collection.
  readonly #calls = new Fifo<Active>()
  readonly #listeners = new Set<() => void>()

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  /** Runs a call until it ends or its caller aborts; returns a function that ends it. */
  run<A, E>(call: Effect.Effect<A, E>, { ended, onAbort, signal }: Caller<A, E>): () => void {
    const fiber = Effect.runForkWith(this.#context)(call)
    const end = () => fiber.interruptUnsafe()
    const leave = () => {
      onAbort(signal!.reason)
      end()
    }
    const active: Active = { interruptUnsafe: end, isActive: false, previous: undefined, next: undefined }
    if (fiber.pollUnsafe() === undefined) {
      this.add(active)
      signal?.addEventListener("abort", leave, once)
    }
    fiber.addObserver((exit) => {
      this.delete(active)
      signal?.removeEventListener("abort", leave)
      ended(exit)
    })
    // The work itself may have aborted the signal as it began.
    if (signal !== undefined && signal.aborted) leave()
    return end
  }

  /** Waits until every call has ended. */
  readonly empty: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#calls.size === 0) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    this.#listeners.add(listener)
    return Effect.sync(() => this.#listeners.delete(listener))
  })

  /** Interrupts every call that has not ended. */
  interruptAll(): void {
    // Each may leave the list at once.
    const calls = Array.from(this.#calls)
    for (const call of calls) call.interruptUnsafe()
  }

  add(call: Active): void {
    call.isActive = true
    this.#calls.add(call)
  }

  delete(call: Active): void {
    if (!call.isActive) return
    call.isActive = false
    this.#calls.remove(call)
    if (this.#calls.size === 0) for (const listener of this.#listeners) listener()
  }
}
