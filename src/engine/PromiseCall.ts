import { Cause, Exit } from "effect"
import type { End, ResolvedOptions } from "../Call.ts"
import { type Reason, Rejection, RejectionError, shuttingDown } from "../Rejection.ts"
import { Attempt } from "./Attempt.ts"
import type { Linked } from "./Fifo.ts"
import { type Chain, interrupted, runProgram } from "./EngineCall.ts"
import { FiberlessCall } from "./FiberlessCall.ts"

/** Work that returns a promise; its signal aborts when the call is cut. */
export type PromiseWork<A> = (signal: AbortSignal) => PromiseLike<A> | A

const retried: unique symbol = Symbol("headgate/retried")

interface RetriedSignal extends AbortSignal {
  [retried]?: true
}

const markRetried = (signal: RetriedSignal): RetriedSignal => {
  signal[retried] = true
  return signal
}

/** Keeps the shape of a marked signal alive: see `Chain.specimens`. */
export const markedSignal: AbortSignal = markRetried(new AbortController().signal)

/** Whether a signal is that of work which a Retry further out repeats: work that hands it on is repeated with it. */
export const isRetried = (signal: AbortSignal | undefined): boolean =>
  (signal as RetriedSignal | undefined)?.[retried] === true

/** A call that has not ended. */
export interface Active extends Linked<Active> {
  /** Ends the call because its caller has left, or the gate closes. */
  abandon(): void
}

/** What the calls of one promise gate share. */
export interface PromiseGateway {
  readonly chain: Chain
  readonly active: {
    add(call: Active): void
    /** Does nothing for a call that is not there. */
    delete(call: Active): void
    /** Takes over work that goes on after its call has ended. */
    abandon(attempt: Attempt): void
  }
}

/** A call whose work is a promise. It needs no fiber. */
export class PromiseCall<A> extends FiberlessCall implements Active {
  previous: Active | undefined = undefined
  next: Active | undefined = undefined
  readonly #gateway: PromiseGateway
  readonly #work: PromiseWork<A>
  readonly #resolve: (value: A) => void
  readonly #reject: (error: unknown) => void
  readonly #signal: AbortSignal | undefined
  #controller: AbortController | undefined = undefined
  /** The failure of the work itself. */
  #failure: { readonly error: unknown } | undefined = undefined

  constructor(
    gateway: PromiseGateway,
    options: ResolvedOptions,
    work: PromiseWork<A>,
    signal: AbortSignal | undefined,
    resolve: (value: A) => void,
    reject: (error: unknown) => void
  ) {
    super(options, gateway.chain)
    if (isRetried(signal)) this.retried = true
    this.#gateway = gateway
    this.#work = work
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Sends the call to the gate; to be called once. */
  run(): void {
    this.enter()
    if (this.end !== undefined) return
    this.#gateway.active.add(this)
    // The work itself may have aborted the signal as it began.
    if (this.#signal?.aborted === true) this.handleEvent()
    else this.#signal?.addEventListener("abort", this, { once: true })
  }

  /** The caller's signal aborted: the caller is answered at once. */
  handleEvent(): void {
    this.#reject(this.#signal!.reason)
    this.abandon()
  }

  protected override beginHere(): void {
    const attempt = new Attempt()
    const controller = new AbortController()
    this.attempt = attempt
    this.#controller = controller
    if (this.retried) markRetried(controller.signal)
    let promise: PromiseLike<A>
    try {
      promise = Promise.resolve(runProgram(this.retried, this.#work, controller.signal))
    } catch (error) {
      promise = Promise.reject(error)
    }
    promise.then(
      (value) => this.#settled(attempt, Exit.succeed(value)),
      (error: unknown) => this.#settled(attempt, Exit.fail(error), { error })
    )
  }

  #settled(attempt: Attempt, end: End, failure?: { readonly error: unknown }): void {
    const isAbandoned = this.attempt !== attempt
    attempt.settle()
    if (isAbandoned) return
    this.#failure = failure
    this.ended(end)
  }

  protected override abort(reason: Reason | undefined): void {
    // Without a reason the caller has left, or the gate closes.
    const left = this.#signal?.aborted === true && reason === undefined
    this.#controller!.abort(left ? this.#signal.reason : new RejectionError(reason ?? shuttingDown))
    this.#gateway.active.abandon(this.attempt!)
    this.ended(interrupted)
  }

  override finish(end: End): void {
    this.#gateway.active.delete(this)
    this.#signal?.removeEventListener("abort", this)
    if (Exit.isSuccess(end)) this.#resolve(end.value as A)
    else this.#reject(this.#errorOf(end.cause))
  }

  /** The error that the caller gets. */
  #errorOf(cause: Cause.Cause<unknown>): unknown {
    const own = this.#failure
    // Only a gate that closes interrupts a call whose caller has not left.
    if (Cause.hasInterruptsOnly(cause)) return own === undefined ? new RejectionError(shuttingDown) : own.error
    const error = Cause.squash(cause)
    const rejected = error instanceof Rejection && error !== own?.error
    return rejected ? new RejectionError(error.reason) : error
  }
}
