import { Cause, Context, Effect, Exit, Fiber, Option, Random } from "effect"
import { type CallOptions, type End, outer, type Pass, ResolvedOptions } from "../Call.ts"
import { noteWorkFailure, type Reason, Rejection } from "../Rejection.ts"
import type { Attempt } from "./Attempt.ts"
import * as Line from "./Line.ts"
import { beginWork, type Chain, EngineCall } from "./EngineCall.ts"
import { StreamProgress } from "../StreamProgress.ts"

type Resume = (effect: Effect.Effect<unknown, unknown>) => void
type Services = Context.Context<unknown>

const noteEnd = (end: End): void => {
  if (Exit.isFailure(end)) noteWorkFailure(Option.getOrUndefined(Cause.findErrorOption(end.cause)))
}

/**
 * A call whose work is an effect.
 *
 * The caller's fiber waits for the end of the call; one more fiber runs the work, so that the work can be cut.
 */
export class EffectCall extends EngineCall {
  readonly #effect: Effect.Effect<unknown, unknown, unknown>
  readonly #context: Services
  #resume: Resume | undefined = undefined
  #end: End | undefined = undefined
  /** Whether the caller's fiber has entered the call, and may have yielded before it waits for the end. */
  #yielding = false
  /** Whether a step is to be made as soon as the fiber waits: work that began earlier could be lost with an interruption. */
  #deferred = false
  /** Whether work is to begin as soon as the fiber is back. */
  #due = false
  /** Whether this code runs on the stack of the caller's fiber. */
  #here = false
  #aborted = false
  #attempt: Attempt | undefined = undefined
  #child: Fiber.Fiber<unknown, unknown> | undefined = undefined

  /** The call whose work runs in this context. A provider may set `retried` for a caller that retries by itself. */
  static readonly current: Context.Reference<{ readonly retried: boolean } | undefined> = Context.Reference<
    { readonly retried: boolean } | undefined
  >("headgate/EffectCall", { defaultValue: () => undefined })

  constructor(
    options: ResolvedOptions,
    chain: Chain,
    effect: Effect.Effect<unknown, unknown, unknown>,
    context: Services
  ) {
    super(options, chain)
    this.#effect = effect
    this.#context = context
    // A call made by the work of a repeated call is repeated with it.
    if (Context.get(context, EffectCall.current)?.retried === true) this.retried = true
    this.progress ??= Context.get(context, StreamProgress.current)?.claim(this)
  }

  static run<A, E, R>(
    options: CallOptions,
    chain: Chain,
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | Rejection, R> {
    return Effect.suspend(() => {
      const context = Fiber.getCurrent()!.context as Services
      const call = new EffectCall(ResolvedOptions.of(options), chain, effect, context)
      return Effect.onExitPrimitive(
        Effect.suspend(() => call.#come()),
        () => call.#gone()
      ) as Effect.Effect<A, E | Rejection, R>
    })
  }

  /** Enters the call; one that ends at once needs no pause of the fiber. */
  #come(): Effect.Effect<unknown, unknown> {
    this.#yielding = true
    this.#here = true
    this.enter()
    this.#here = false
    // The function is an argument: V8 puts closures that are assigned to a property in the old generation, where they
    // would keep their call from being collected young.
    return this.#end ?? Effect.callback((resume) => this.#wait(resume))
  }

  /** The fiber waits. The call may have ended before, or have a step to make, or work to begin. */
  #wait(resume: Resume): void {
    this.#resume = resume
    this.#yielding = false
    if (this.#end !== undefined) return resume(this.#end)
    if (this.#deferred) return Line.post(this)
    if (!this.#due) return
    this.#due = false
    this.#here = true
    this.#fork()
    this.#here = false
  }

  /** The caller's fiber ends: a call that has not ended is abandoned, and the fiber waits until its work has ended. */
  #gone(): Effect.Effect<void> | undefined {
    if (this.over || (this.#resume === undefined && !this.#yielding)) return undefined
    this.#resume = undefined
    this.#yielding = false
    this.abandon()
    if (this.over) return undefined
    return Effect.callback((resume) => {
      // The fiber may have yielded in between, and the work may have ended.
      if (this.over) resume(Effect.void)
      else this.#resume = () => resume(Effect.void)
    })
  }

  override random(): number {
    return Context.get(this.#context, Random.Random).nextDoubleUnsafe()
  }

  /** Notes that the work has an attempt that may outlive it: its permit is held until the attempt settles. */
  track(attempt: Attempt): void {
    this.#attempt = attempt
    const parent = this.options[outer]
    if (parent instanceof EffectCall) parent.track(attempt)
  }

  override step(): void {
    this.#deferred = this.#yielding && !this.#here
    if (!this.#deferred) super.step()
  }

  protected override begin(): void {
    if (this.#here) return this.#fork()
    this.#due = true
    // Back in the caller's own fiber, which has its async context and its span.
    this.#resume!(Effect.callback((resume) => this.#wait(resume)))
  }

  #fork(): void {
    if (this.#aborted) {
      this.#aborted = false
      return this.neverBegan()
    }
    this.#attempt = undefined
    const { floor } = this.chain
    const context = Context.add(this.#context, EffectCall.current, this)
    const run = Effect.runForkWith(context)
    const work = floor === undefined ? this.#effect : this.#through(floor)
    const child = beginWork(this, run, work)
    const end = child.pollUnsafe()
    if (end !== undefined) return this.#exited(end)
    this.#child = child
    child.addObserver((end) => this.#exited(end))
    if (this.#aborted) child.interruptUnsafe()
  }

  #exited(end: End): void {
    this.#child = undefined
    this.#aborted = false
    if (this.chain.floor === undefined) noteEnd(end)
    this.ended(end, this.#abandonedAttempt)
  }

  /** The work as a call of the gate beneath, which decides when it begins. */
  #through(floor: Pass): Effect.Effect<unknown, unknown, unknown> {
    const work = Effect.suspend((): Effect.Effect<unknown, unknown, unknown> => {
      const reason = this.started()
      if (reason !== undefined) return Effect.fail(new Rejection({ reason }))
      return Effect.onExitPrimitive(this.#effect, (end) => {
        noteEnd(end)
        this.stopped(this.#abandonedAttempt)
        return undefined
      })
    })
    // A wrapper that throws is a defect of its call.
    return Effect.suspend(() => floor(ResolvedOptions.within(this), work))
  }

  get #abandonedAttempt(): Attempt | undefined {
    return this.#attempt?.running === true ? this.#attempt : undefined
  }

  protected override abort(reason: Reason | undefined): void {
    this.#aborted = true
    if (this.#child !== undefined) this.#child.interruptUnsafe()
    // The caller's fiber, which was to begin the work, was interrupted before it could.
    else if (reason === undefined) this.neverBegan()
  }

  protected override finish(end: End): void {
    this.progress?.release(this)
    this.#end = end
    this.#resume?.(end)
  }
}
