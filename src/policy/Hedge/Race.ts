import { Cause, Effect, Exit, Fiber } from "effect"
import type { ResolvedOptions } from "../../Call.ts"
import { Timed, type TimerQueue } from "../../engine/TimerQueue.ts"
import { clockResolution } from "../../engine/Time.ts"
import type { Limits } from "../../Limits.ts"
import type { StreamProgress } from "../../StreamProgress.ts"
import type { Durations } from "./Durations.ts"
import type { HedgeBudget } from "./HedgeBudget.ts"

/** What all races share. */
export interface Rules {
  /** Milliseconds before the second attempt; `undefined` for the percentile of the durations. */
  readonly delay: number | undefined
  readonly beneath: Limits
  readonly budget: HedgeBudget
  readonly durations: Durations
  readonly timers: TimerQueue
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Whether a call that came now could start at once, at a model that does not fail. */
const isFree = ({ probes, readyAt, refusal }: Limits, options: ResolvedOptions, at: number): boolean =>
  probes?.(at) !== true &&
  refusal?.(options, at) === undefined &&
  (readyAt?.(options, at) ?? at) <= at + clockResolution

/** The two attempts of a call: the second begins if the first runs for too long. It is its own timer. */
export class Race extends Timed {
  readonly #rules: Rules
  readonly #options: ResolvedOptions
  readonly #progress: StreamProgress | undefined
  readonly #caller: AnyFiber
  readonly #again: () => Effect.Effect<unknown, unknown, unknown>
  /** The fiber in which the work of the first attempt runs. */
  #first: AnyFiber | undefined = undefined
  #second: AnyFiber | undefined = undefined
  #startedAt = NaN

  constructor(
    rules: Rules,
    options: ResolvedOptions,
    progress: StreamProgress | undefined,
    caller: AnyFiber,
    again: () => Effect.Effect<unknown, unknown, unknown>
  ) {
    super()
    this.#rules = rules
    this.#options = options
    this.#progress = progress
    this.#caller = caller
    this.#again = again
  }

  /** The work of the first attempt: the time until the second counts from its start. */
  watch<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.withFiber((fiber) => {
      // Work that ran in the caller's own fiber could not be interrupted alone.
      if (fiber === this.#caller) return this.#apart(work)
      this.#start(fiber)
      return work
    })
  }

  /** The end of the call, once the first attempt has ended otherwise than with an answer. */
  settle(cause: Cause.Cause<unknown>): Effect.Effect<unknown, unknown> {
    const end = Exit.failCause(cause)
    if (this.#second === undefined) return end
    const isLost = Cause.hasInterruptsOnly(cause)
    return Effect.flatMap(Fiber.await(this.#second), (other) => (Exit.isSuccess(other) || isLost ? other : end))
  }

  /** Ends the race: the second attempt, if it goes on, has lost. */
  end(answered: boolean): Effect.Effect<void> | undefined {
    this.#stop(answered)
    return this.#second === undefined ? undefined : Fiber.interrupt(this.#second)
  }

  #apart<A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    // At once: a call that waits above must see that this one has started.
    return Effect.flatMap(Effect.forkChild(work, { startImmediately: true }), (child) => {
      if (child.pollUnsafe() === undefined) this.#start(child)
      return Effect.onInterrupt(Fiber.join(child), () => Fiber.interrupt(child))
    })
  }

  #start(fiber: AnyFiber): void {
    const { delay, durations, timers } = this.#rules
    this.#first = fiber
    this.#startedAt = timers.now()
    if (this.#progress !== undefined) this.#untilFirstChunk(this.#progress)
    const after = delay ?? durations.value
    timers.cancel(this)
    if (after !== undefined) timers.set(this, this.#startedAt, after)
  }

  #untilFirstChunk(progress: StreamProgress): void {
    const unsubscribe = progress.subscribe(() => {
      unsubscribe()
      this.#stop(true)
    })
  }

  /** The call has ended, or begun to stream. A first attempt that lost has taken this long at least. */
  #stop(answered: boolean): void {
    const { delay, durations, timers } = this.#rules
    timers.cancel(this)
    const isCounted = answered && delay === undefined && !Number.isNaN(this.#startedAt)
    if (isCounted) durations.add(timers.now() - this.#startedAt)
    this.#startedAt = NaN
  }

  /** The first attempt takes long: makes the second. */
  override fire(at: number): void {
    const { beneath, budget } = this.#rules
    if (this.#progress?.started === true || this.#second !== undefined) return
    if (!isFree(beneath, this.#options, at) || !budget.spend()) return
    // The timer fires within the steps of the engine, where no work may begin.
    const later = Effect.andThen(Effect.yieldNow, Effect.suspend(this.#again))
    const second = Effect.runForkWith(this.#caller.context)(later as Effect.Effect<unknown, unknown>)
    this.#second = second
    second.addObserver((end) => {
      if (Exit.isSuccess(end)) this.#first?.interruptUnsafe()
    })
  }
}
