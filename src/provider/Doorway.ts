import { Context, Effect, type Exit } from "effect"
import { Work } from "../Work.ts"

const once = { once: true }

/** What a program without Effect has to do with one of its calls. */
export interface Caller<A, E> {
  /** Ends the call when it aborts. */
  readonly signal: AbortSignal | undefined
  /** Hears at once that the signal has aborted. */
  readonly left: (reason: unknown) => void
  /** Hears how the call ended, even if its caller has left. */
  readonly ended: (exit: Exit.Exit<A, E>) => void
}

/** Runs the calls of programs without Effect, and knows which are inside. */
export class Doorway {
  readonly #context: Context.Context<never>
  readonly #inside = new Set<Guest>()
  readonly #listeners = new Set<() => void>()

  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  /** Runs a call until it ends or its caller leaves; what is returned ends it too. */
  enter<A, E>(call: Effect.Effect<A, E>, work: Work, { ended, left, signal }: Caller<A, E>): () => void {
    const fiber = Effect.runForkWith(Context.add(this.#context, Work.current, work))(call)
    const end = () => fiber.interruptUnsafe()
    const leave = () => {
      left(signal!.reason)
      end()
    }
    if (fiber.pollUnsafe() === undefined) {
      this.add(fiber)
      signal?.addEventListener("abort", leave, once)
    }
    fiber.addObserver((exit) => {
      this.delete(fiber)
      signal?.removeEventListener("abort", leave)
      ended(exit)
    })
    // The work itself may have aborted it as it began.
    if (signal !== undefined && signal.aborted) leave()
    return end
  }

  /** Waits until nobody is inside. */
  readonly empty: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#inside.size === 0) return resume(Effect.void)
    const listener = () => resume(Effect.void)
    this.#listeners.add(listener)
    return Effect.sync(() => this.#listeners.delete(listener))
  })

  /** Ends every call that is still inside. */
  clear(): void {
    for (const call of this.#inside) call.interruptUnsafe()
  }

  add(guest: Guest): void {
    this.#inside.add(guest)
  }

  delete(guest: Guest): void {
    if (this.#inside.delete(guest) && this.#inside.size === 0) for (const listener of this.#listeners) listener()
  }
}

interface Guest {
  interruptUnsafe(): void
}
