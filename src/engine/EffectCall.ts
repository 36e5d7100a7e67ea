import { Context, Effect, type Fiber } from "effect"
import { type CallOptions, type End, ResolvedOptions } from "../Call.ts"
import { type Reason, Rejection } from "../Rejection.ts"
import { StreamProgress } from "../StreamProgress.ts"
import { type Chain, EngineCall, runProgram, type Work } from "./EngineCall.ts"

/**
 * A call whose work is an effect.
 *
 * The caller's fiber waits for the end of the call; one more fiber runs the work, so that the work can be cut.
 */
export class EffectCall extends EngineCall {
  readonly #work: Work
  readonly #context: Context.Context<unknown>
  /** Wakes the caller's fiber; `undefined` while that runs, or is about to. */
  #resume: ((end: Effect.Effect<unknown, unknown>) => void) | undefined = undefined
  #child: Fiber.Fiber<unknown, unknown> | undefined = undefined

  constructor(options: ResolvedOptions, chain: Chain, work: Work, context: Context.Context<unknown>) {
    super(options, chain)
    this.#work = work
    this.#context = context
    // A call made by the work of a repeated call is repeated with it.
    if (Context.get(context, EngineCall.current).retried === true) this.retried = true
    this.progress ??= Context.get(context, StreamProgress.current)?.claim(this)
  }

  static run<A, E, R>(options: CallOptions, chain: Chain, work: Effect.Effect<A, E, R>) {
    return Effect.withFiber(({ context }) => {
      const call = new EffectCall(ResolvedOptions.of(options), chain, work, context as Context.Context<unknown>)
      return Effect.onExitPrimitive(call.#await("enter"), () => call.#gone()) as Effect.Effect<A, E | Rejection, R>
    })
  }

  /** Makes a move, if one is given, in the caller's fiber, which then waits for the end of the call. */
  #await(move?: "enter" | "fork"): Effect.Effect<unknown, unknown> {
    // The function is an argument: V8 puts closures that are assigned to a property in the old generation, where they
    // would keep their call from being collected young.
    return Effect.callback((resume) => {
      if (move === "enter") this.enter()
      else if (move === "fork") this.#fork()
      if (this.end === undefined) this.#resume = resume
      else resume(this.end)
    })
  }

  /** The caller's fiber ends: a call that has not ended is abandoned, and the fiber waits until its work has ended. */
  #gone(): Effect.Effect<void> | undefined {
    if (this.end !== undefined) return undefined
    this.#resume = undefined
    this.abandon()
    return Effect.ignoreCause(this.#await())
  }

  protected override begin(): void {
    const resume = this.#resume
    if (resume === undefined) return this.#fork()
    this.#resume = undefined
    // Back in the caller's own fiber, which has its async context and its span.
    resume(this.#await("fork"))
  }

  #fork(): void {
    // Cut before the caller's fiber was back.
    if (this.cutAt !== undefined) return this.neverBegan()
    const run = Effect.runForkWith(Context.add(this.#context, EngineCall.current, this))
    const child = runProgram(this.retried, run, this.through(this.#work))
    this.#child = child
    child.addObserver((end) => {
      this.#child = undefined
      this.ended(end)
    })
    // Cut by its own work.
    if (this.cutAt !== undefined) child.interruptUnsafe()
  }

  protected override abort(reason: Reason | undefined): void {
    if (this.#child !== undefined) this.#child.interruptUnsafe()
    // The caller's fiber, which was to begin the work, was interrupted before it could.
    else if (reason === undefined) this.neverBegan()
  }

  override finish(end: End): void {
    this.progress?.release(this)
    this.#resume?.(end)
  }
}
