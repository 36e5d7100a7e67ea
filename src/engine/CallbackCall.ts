import { AsyncResource } from "node:async_hooks"
import { Cause, Context, Effect, Exit, Random, Result } from "effect"
import { type CallOptions, type End, type Pass, ResolvedOptions } from "../Call.ts"
import { StreamProgress } from "../StreamProgress.ts"
import { EffectCall } from "./EffectCall.ts"
import { type Chain, EngineCall, interrupted, runProgram } from "./EngineCall.ts"

/** Where an attempt happens. */
export interface Setting {
  /** The context of the attempt: a wrapper of the gate may have added to that of the gate. */
  readonly context: Context.Context<never>
  /** The call whose attempt it is, if an engine runs the gate. */
  readonly call?: EngineCall | undefined
}

/** Work that tells its end by a callback, and the caller that waits for it. */
export interface CallbackWork {
  readonly progress: StreamProgress
  /** Begins an attempt, which calls `settle` once when it is over. */
  begin(setting: Setting, settle: (end: End) => void): void
  /** Gives the attempt up, which must not call `settle` any more. */
  abort(): void
  /** Hears how the whole call ended. */
  finish(end: End): void
}

/** A gate, and the context of the calls that pass it. */
export interface CallbackGate {
  readonly gate: { readonly pass: Pass; readonly chain?: Chain }
  readonly context: Context.Context<never>
}

/** A call that has not ended. */
export interface Abandonable {
  /** Ends the call because its caller has left. */
  abandon(): void
}

/** A call whose work tells its end by a callback. It needs no fiber. */
class CallbackCall extends EngineCall {
  readonly #work: CallbackWork
  readonly #context: Context.Context<never>
  /** The async context of a call that waited: its work begins on another stack. */
  #resource: AsyncResource | undefined = undefined

  constructor(options: CallOptions, chain: Chain, work: CallbackWork, context: Context.Context<never>) {
    super(ResolvedOptions.of(options), chain)
    this.#work = work
    this.#context = context
    this.progress ??= work.progress.claim(this)
  }

  override random(): number {
    return Context.get(this.#context, Random.Random).nextDoubleUnsafe()
  }

  protected override park(): void {
    super.park()
    this.#resource ??= new AsyncResource("headgate/Call")
  }

  protected override begin(): void {
    if (this.#resource === undefined) this.#begin()
    else this.#resource.runInAsyncScope(this.#begin, this)
  }

  #begin(): void {
    const begin = (work: CallbackWork) => work.begin({ context: this.#context, call: this }, (end) => this.ended(end))
    const begun = Result.try(() => runProgram(this.retried, begin, this.#work))
    // A bug costs one call, not the gate.
    if (Result.isFailure(begun)) this.ended(Exit.die(begun.failure))
  }

  protected override abort(): void {
    this.#work.abort()
    this.ended(interrupted)
  }

  override finish(end: End): void {
    this.progress?.release(this)
    const finished = Result.try(() => this.#work.finish(end))
    if (Result.isSuccess(finished)) return
    Effect.runForkWith(this.#context)(Effect.logError("A caller failed with its answer", Cause.die(finished.failure)))
  }
}

/** The work as an effect, for a wrapper of the gate. */
const toEffect = (work: CallbackWork): Effect.Effect<unknown, unknown> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback<unknown, unknown>((resume) => {
      const current = Context.get(context, EffectCall.current)
      work.begin({ context, call: current instanceof EngineCall ? current : undefined }, resume)
      return Effect.sync(() => work.abort())
    })
  )

/** Passes work through a gate; `retried` tells that its caller repeats it. */
export const pass = (
  { context, gate }: CallbackGate,
  options: CallOptions,
  work: CallbackWork,
  retried: boolean
): Abandonable => {
  const { chain } = gate
  if (chain !== undefined && chain.floor === undefined) {
    const call = new CallbackCall(options, chain, work, context)
    if (retried) call.retried = true
    call.enter()
    return call
  }
  const around = Context.add(context, StreamProgress.current, work.progress)
  const fiber = Effect.runForkWith(retried ? Context.add(around, EffectCall.current, { retried }) : around)(
    gate.pass(options, toEffect(work))
  )
  fiber.addObserver((end) => work.finish(end))
  return { abandon: () => fiber.interruptUnsafe() }
}
