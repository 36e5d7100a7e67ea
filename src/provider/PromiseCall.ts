import { AsyncResource } from "node:async_hooks"
import { Cause, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import { Rejection, ShuttingDown } from "../domain/Rejection.ts"
import { RejectionError } from "../domain/RejectionError.ts"
import type { Leftovers } from "../provider/Leftovers.ts"
import { Attempt } from "../Work.ts"
import { Call, type End, interrupted } from "../engine/Call.ts"
import type { Chain } from "../Gate.ts"

const closed = new ShuttingDown({ retryAfter: undefined })

/** Where the calls of promises come in. */
export interface Entrance {
  readonly chain: Chain
  readonly leftovers: Leftovers
  readonly random: () => number
  readonly inside: Inside
}

/** Who is inside. */
export interface Inside {
  add(call: { interruptUnsafe(): void }): void
  delete(call: { interruptUnsafe(): void }): void
}

/** A call whose work is a promise, and goes on until that has settled. */
export class PromiseCall<A> extends Call {
  readonly #entrance: Entrance
  readonly #work: (signal: AbortSignal) => PromiseLike<A> | A
  readonly #resolve: (value: A) => void
  readonly #reject: (error: unknown) => void
  readonly #signal: AbortSignal | undefined
  #controller: AbortController | undefined = undefined
  /** What the work itself failed with, if it did. */
  #failure: { readonly error: unknown } | undefined = undefined
  /** The place in the program of a call that waits: its work begins on another stack. */
  #place: AsyncResource | undefined = undefined

  constructor(
    entrance: Entrance,
    ask: Ask,
    work: (signal: AbortSignal) => PromiseLike<A> | A,
    signal: AbortSignal | undefined,
    resolve: (value: A) => void,
    reject: (error: unknown) => void
  ) {
    super(ask, entrance.chain)
    this.#entrance = entrance
    this.#work = work
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  come(): void {
    this.enter()
    if (this.over) return
    this.#entrance.inside.add(this)
    const signal = this.#signal
    if (signal === undefined) return
    // The work itself may have aborted it as it began.
    if (signal.aborted) this.handleEvent()
    else signal.addEventListener("abort", this, { once: true })
  }

  /** The caller's signal aborts: the caller is answered at once. */
  handleEvent(): void {
    this.#reject(this.#signal!.reason)
    this.leave()
  }

  /** Ends the call because the gate closes. */
  interruptUnsafe(): void {
    this.leave()
  }

  override random(): number {
    return this.#entrance.random()
  }

  protected override parked(): void {
    this.#place ??= new AsyncResource("headgate/Call")
  }

  protected override begin(): void {
    if (this.#place === undefined) return this.#begin()
    this.#place.runInAsyncScope(this.#begin, this)
  }

  #begin(): void {
    const controller = new AbortController()
    this.#controller = controller
    let promise: PromiseLike<A>
    try {
      promise = Promise.resolve(this.#work(controller.signal))
    } catch (error) {
      promise = Promise.reject(error)
    }
    promise.then(
      (value) => {
        if (this.#controller === controller) this.#settled(Exit.succeed(value))
        else settled(controller)
      },
      (error: unknown) => {
        if (this.#controller !== controller) return settled(controller)
        this.#failure = { error }
        this.#settled(Exit.fail(error))
      }
    )
  }

  #settled(exit: End): void {
    this.#controller = undefined
    this.ended(exit)
  }

  protected override abort(): void {
    const controller = this.#controller!
    this.#controller = undefined
    const attempt = new Attempt()
    running.set(controller, attempt)
    controller.abort(this.#signal?.aborted === true ? this.#signal.reason : undefined)
    this.#entrance.leftovers.add(attempt)
    this.ended(interrupted, attempt)
  }

  protected override finish(exit: End): void {
    this.#entrance.inside.delete(this)
    this.#signal?.removeEventListener("abort", this)
    if (Exit.isSuccess(exit)) this.#resolve(exit.value as A)
    else this.#reject(this.#errorOf(exit.cause))
  }

  /** What the caller gets for a failed call. */
  #errorOf(cause: Cause.Cause<unknown>): unknown {
    const own = this.#failure
    // The gate has been closed.
    if (Cause.hasInterruptsOnly(cause)) return own === undefined ? new RejectionError(closed) : own.error
    const error = Cause.squash(cause)
    const refused = error instanceof Rejection && error !== own?.error
    return refused ? new RejectionError(error.reason) : error
  }
}

/** Work that goes on although its call is over. */
const running = new WeakMap<AbortController, Attempt>()

const settled = (controller: AbortController): void => running.get(controller)?.end()
