import { Cause, Context, Effect, Exit, type Fiber, Result } from "effect"
import { type CallOptions, type End, type Pass, ResolvedOptions } from "../Call.ts"
import { StreamProgress } from "../StreamProgress.ts"
import { type Chain, EngineCall, interrupted, runProgram } from "./EngineCall.ts"
import { FiberlessCall } from "./FiberlessCall.ts"

/** Where an attempt happens. */
export interface Setting {
  /** The context of the attempt: a wrapper of the gate may have added to that of the gate. */
  readonly context: Context.Context<never>
  /** The call whose attempt it is, if an engine runs the gate. */
  readonly call?: EngineCall | undefined
}

/** One attempt at the work. */
export interface Attempting {
  start(): void
  /** Gives the attempt up, which does not settle any more. */
  abort(): void
}

/** Work that tells its end by a callback, and the caller that waits for it. */
export interface CallbackWork {
  /** How far its answer has come, if that may be a stream. */
  readonly progress: StreamProgress | undefined
  /** Prepares an attempt, which calls `settle` once when it is over. A wrapper of the gate may make two at once. */
  prepare(setting: Setting, settle: (end: End) => void): Attempting
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
class CallbackCall extends FiberlessCall {
  readonly #work: CallbackWork
  readonly #context: Context.Context<never>
  #attempting: Attempting | undefined = undefined
  /** What runs the attempt if a wrapper of its endpoint decides when the work begins. */
  #fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined

  constructor(options: CallOptions, chain: Chain, work: CallbackWork, context: Context.Context<never>) {
    super(ResolvedOptions.of(options), chain)
    this.#work = work
    this.#context = context
    this.progress ??= work.progress?.claim(this)
  }

  protected override beginHere(): void {
    if (this.path.floor !== undefined) return this.#fork()
    const setting = { context: this.#context, call: this }
    const attempting = this.#work.prepare(setting, (end) => this.ended(end))
    this.#attempting = attempting
    const begun = Result.try(() => runProgram(this.retried, start, attempting))
    // A bug costs one call, not the gate.
    if (Result.isFailure(begun)) this.ended(Exit.die(begun.failure))
  }

  #fork(): void {
    const run = Effect.runForkWith(Context.add(this.#context as Context.Context<unknown>, EngineCall.current, this))
    const fiber = runProgram(this.retried, run, this.through(toEffect(this.#work)))
    this.#fiber = fiber
    fiber.addObserver((end) => {
      this.#fiber = undefined
      this.ended(end)
    })
  }

  protected override abort(): void {
    if (this.#fiber !== undefined) return this.#fiber.interruptUnsafe()
    this.#attempting!.abort()
    this.ended(interrupted)
  }

  override finish(end: End): void {
    this.progress?.release(this)
    const finished = Result.try(() => this.#work.finish(end))
    if (Result.isSuccess(finished)) return
    Effect.runForkWith(this.#context)(Effect.logError("A caller failed with its answer", Cause.die(finished.failure)))
  }
}

const start = (attempting: Attempting): void => attempting.start()

/** The work as an effect, for a wrapper of the gate. */
const toEffect = (work: CallbackWork): Effect.Effect<unknown, unknown> =>
  Effect.contextWith((context: Context.Context<never>) =>
    Effect.callback<unknown, unknown>((resume) => {
      const current = Context.get(context, EngineCall.current)
      const setting = { context, call: current instanceof EngineCall ? current : undefined }
      const attempting = work.prepare(setting, resume)
      attempting.start()
      return Effect.sync(() => attempting.abort())
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
  const { progress } = work
  const around = progress === undefined ? context : Context.add(context, StreamProgress.current, progress)
  const fiber = Effect.runForkWith(retried ? Context.add(around, EngineCall.current, { retried }) : around)(
    gate.pass(options, toEffect(work))
  )
  fiber.addObserver((end) => work.finish(end))
  return { abandon: () => fiber.interruptUnsafe() }
}
