import { Context, Effect, type Exit, Fiber, Random } from "effect"
import type { Ask } from "../domain/Ask.ts"
import { Rejection } from "../domain/Rejection.ts"
import { Progress } from "../Progress.ts"
import { type Attempt, Work } from "../Work.ts"
import type { Chain, Pass } from "../Gate.ts"
import { Call, interrupted } from "./Call.ts"
import { forgetMoment } from "./Loop.ts"

type Resume = (effect: Effect.Effect<any, any>) => void

/** A call whose work is an effect; the fiber that makes it waits for its end, and one fiber more runs the work. */
export class EffectCall extends Call {
  readonly #effect: Effect.Effect<unknown, unknown, any>
  readonly #context: Context.Context<any>
  #resume: Resume | undefined = undefined
  #here = false
  #aborted = false
  #work: Work | undefined = undefined
  #earlier: Attempt | undefined = undefined
  #child: Fiber.Fiber<unknown, unknown> | undefined = undefined

  constructor(ask: Ask, chain: Chain, effect: Effect.Effect<unknown, unknown, any>, context: Context.Context<any>) {
    super(ask, chain)
    this.#effect = effect
    this.#context = context
    this.progress = Context.get(context, Progress.current)
  }

  static run<A, E, R>(ask: Ask, chain: Chain, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R> {
    return Effect.suspend(() => {
      const call = new EffectCall(ask, chain, effect, Fiber.getCurrent()!.context as Context.Context<R>)
      return Effect.onExitPrimitive(
        Effect.callback<any, any>((resume) => call.#come(resume)),
        () => call.#gone()
      )
    })
  }

  // The function is handed over as an argument: V8 makes closures that are assigned to a property in the old generation, and
  // each would keep its call from being collected young.
  #come(resume: Resume): void {
    this.#resume = resume
    this.#here = true
    this.enter()
    this.#here = false
  }

  /** The fiber that made the call leaves, if it is not over: it waits for what the work does in the end. */
  #gone(): Effect.Effect<void> | undefined {
    if (this.over || this.#resume === undefined) return undefined
    this.#resume = undefined
    this.leave()
    if (this.over) return undefined
    return Effect.callback((resume) => {
      // The fiber may have yielded in between, and the work have ended.
      if (this.over) resume(Effect.void)
      else this.#resume = () => resume(Effect.void)
    })
  }

  override random(): number {
    return Context.get(this.#context, Random.Random).nextDoubleUnsafe()
  }

  protected override begin(): void {
    if (this.#here) this.#fork()
    // Back in its own fiber, which knows its place in the program: its async context, its span.
    else
      this.#resume!(
        Effect.callback((resume) => {
          this.#resume = resume
          this.#here = true
          this.#fork()
          this.#here = false
        })
      )
  }

  #fork(): void {
    if (this.#aborted) {
      this.#aborted = false
      return this.ended(interrupted)
    }
    const work = Context.get(this.#context, Work.current)
    this.#work = work
    this.#earlier = work.attempt
    const { floor } = this.chain
    const child = Effect.runForkWith(this.#context)(floor === undefined ? this.#effect : this.#under(floor))
    const exit = child.pollUnsafe()
    if (exit !== undefined) return this.#exited(exit)
    this.#child = child
    child.addObserver((exit) => this.#exited(exit))
    if (this.#aborted) child.interruptUnsafe()
  }

  #exited(exit: Exit.Exit<unknown, unknown>): void {
    this.#child = undefined
    this.#aborted = false
    this.ended(exit, this.#leftover)
  }

  /** The work through another gate beneath, which says when it begins. */
  #under(floor: Pass): Effect.Effect<unknown, unknown, any> {
    const ask = this.until === this.ask.until ? this.ask : this.ask.endingBy(this.until)
    const work = Effect.suspend((): Effect.Effect<unknown, unknown, any> => {
      const reason = this.started()
      if (reason !== undefined) return Effect.fail(new Rejection({ reason }))
      return Effect.onExitPrimitive(this.#effect, () => {
        this.stopped(this.#leftover)
        return undefined
      })
    })
    return floor(ask, work)
  }

  get #leftover(): Attempt | undefined {
    const { attempt } = this.#work!
    return attempt !== undefined && attempt !== this.#earlier && attempt.running ? attempt : undefined
  }

  protected override abort(): void {
    this.#aborted = true
    if (this.#child !== undefined) this.#child.interruptUnsafe()
    // The fiber that was to begin the work has been interrupted first.
    else if (this.#resume === undefined) this.ended(interrupted)
  }

  protected override finish(exit: Exit.Exit<unknown, unknown>): void {
    this.#resume?.(exit)
    forgetMoment()
  }
}
