import { Cause, Context, Effect, Exit } from "effect"
import { type Call, type End, outer, type Policies, ResolvedOptions, type Route, type Stage, waits } from "../Call.ts"
import { noteWorkFailure, type Reason, refusal } from "../Rejection.ts"
import type { Attempt } from "./Attempt.ts"
import * as Line from "./Line.ts"
import type { Now } from "./Time.ts"

/** Consecutive policies that one engine runs. */
export interface Chain extends Policies {
  readonly now: Now
  /** Runs a function a tick later, through the scheduler of the layer. */
  readonly defer: (run: () => void) => void
  /**
   * A call and a stage of each policy that is not the program's, which live as long as the chain.
   *
   * V8 drops optimised code when the last object of a shape is collected, so a gate that idles would start cold.
   */
  readonly specimens?: ReadonlyArray<object>
}

export type Work = Effect.Effect<unknown, unknown, unknown>

/** Whether the code on this stack is work that a Retry further out repeats. */
let inRetriedWork = false

/** Runs code of the program: calls that it makes at once are repeated with it, if it is work that is repeated. */
export const runProgram = <A, B>(isRetried: boolean, code: (argument: A) => B, argument: A): B => {
  const around = inRetriedWork
  inRetriedWork = isRetried
  try {
    return code(argument)
  } finally {
    inRetriedWork = around
  }
}

export const interrupted: Exit.Exit<never> = Exit.failCause(Cause.interrupt())

/**
 * A call on its way down a chain of policies and back.
 *
 * It comes (stages are entered, the outermost first), perhaps waits at a stage, works (stages are started, the
 * innermost first), and goes (stages are left, the innermost first). Events from outside only mark it and post a step,
 * so hooks never run inside hooks. See docs/architecture.md.
 */
export abstract class EngineCall implements Call {
  readonly options: ResolvedOptions
  readonly chain: Chain
  deadlineAt: number
  retried: boolean
  attempts = 0
  progress: Call["progress"]
  usage: Call["usage"] = undefined
  budget: Call["budget"] = undefined
  route: Route | undefined = undefined
  /** The policies to enter and what lies beneath them: the chain's own, or those of the route that a stage chose. */
  protected path: Policies
  waited: Call["waited"] = undefined
  end: End | undefined = undefined
  /** What this attempt does at the model, if that may outlive the attempt. */
  protected attempt: Attempt | undefined = undefined
  /** Between stages, at the stage that keeps it (or about to come in), or with its work or the gate beneath. */
  #phase: "moving" | "waiting" | "running" = "waiting"
  /** Since when a stage has kept the call. */
  #keptSince: number | undefined = undefined
  /** Whether the call goes on at its next step. */
  #proceeds = false
  /** The stages that were entered and not left, the outermost first; `#depth` of them. */
  readonly #stages: Array<Stage>
  #depth = 0
  /** How many stages were started and not stopped, the innermost first. */
  #started = 0
  /** The index of the stage that cuts the call, or -1 if its caller has left; `undefined` if it is not cut. */
  protected cutAt: number | undefined = undefined
  #reason: Reason | undefined = undefined

  /** The call whose work runs in this context. A provider may set `retried` for a caller that retries by itself. */
  static readonly current = Context.Reference<Partial<Call>>("headgate/EngineCall", { defaultValue: () => ({}) })

  constructor(options: ResolvedOptions, chain: Chain) {
    this.options = options
    this.chain = chain
    this.deadlineAt = options[outer]?.deadlineAt ?? Infinity
    this.retried = options[outer]?.retried ?? inRetriedWork
    this.progress = options[outer]?.progress
    // oxlint-disable-next-line unicorn/no-new-array -- of the right size at once
    this.#stages = new Array<Stage>(chain.policies.length)
    this.path = chain
  }

  /** Begins an attempt, which calls `ended` when it is over. */
  protected abstract begin(): void
  /** Aborts the attempt, which still calls `ended`; without a reason its caller has left. */
  protected abstract abort(reason: Reason | undefined): void
  /** Gives the caller the end of the call. */
  abstract finish(end: End): void

  /** Notes that the work has an attempt that may outlive it: its permit is held until the attempt settles. */
  track(attempt: Attempt): void {
    for (const call of callsAround(this)) call.attempt = attempt
  }

  now(): number {
    return Line.timeOf(this.chain.now)
  }

  /** Sends the call on its way; to be called once. */
  enter(): void {
    if (Line.inHooks) return this.proceed()
    this.#advance()
    Line.drain()
  }

  proceed(stage?: Stage): void {
    if (stage !== undefined && stage !== this.#stages[this.#phase === "waiting" ? this.#depth - 1 : this.#depth]) return
    this.#proceeds = true
    Line.post(this)
  }

  goThrough({ floor, policies }: Policies, route: Route, stage: Stage): void {
    const beneath = this.#stages.indexOf(stage) + 1
    this.path = { policies: [...this.chain.policies.slice(0, beneath), ...policies], floor }
    // The stages of another route must not be found any more.
    this.#stages.length = beneath
    this.route = route
  }

  cut(stage: Stage, reason: Reason): void {
    const place = this.#stages.indexOf(stage)
    if (place < 0 || (this.cutAt !== undefined && place >= this.cutAt)) return
    this.cutAt = place
    this.#reason = reason
    Line.post(this)
  }

  /** Ends the call because its caller has left; wins over any cut. */
  abandon(): void {
    this.cutAt = -1
    Line.stepAlone(this, this.chain.defer)
  }

  step(): void {
    const proceeds = this.#proceeds && this.#phase === "waiting"
    this.#proceeds = false
    if (this.end !== undefined) return
    // A call that was cut while its `proceed` stood in the line must not start.
    if (this.cutAt === undefined) {
      if (proceeds) this.#advance()
    } else if (this.#phase === "running") this.abort(this.cutAt < 0 ? undefined : this.#reason)
    else this.#unwind(interrupted)
  }

  /** Enters the policies beneath, and begins the attempt after the last. */
  #advance(): void {
    this.#move()
    let answer: Reason | typeof waits | undefined
    try {
      answer = this.#descend(this.now())
    } catch (defect) {
      return this.#unwind(Exit.die(defect))
    }
    if (answer === waits) return this.park()
    if (answer !== undefined) return this.#unwind(refusal(answer))
    // A hook has cut the call: its work must not begin.
    if (this.cutAt !== undefined) return this.neverBegan()
    this.#phase = "running"
    Line.leaveHooks()
    this.begin()
  }

  /** The call waits: its work will begin later, on another stack. */
  protected park(): void {
    this.#phase = "waiting"
    this.#keptSince = this.now()
    Line.leaveHooks()
  }

  /** The call goes on, and a wait that ends with this counts. */
  #move(): void {
    this.#phase = "moving"
    Line.enterHooks()
    if (this.#keptSince === undefined) return
    const kept = this.#depth - 1
    const waitsFor = this.#stages[kept]?.waitsFor ?? this.path.policies[kept]!.waitsFor ?? "policy"
    const before = this.waited?.[waitsFor] ?? 0
    this.waited = { ...this.waited, [waitsFor]: before + this.now() - this.#keptSince }
    this.#keptSince = undefined
  }

  #descend(at: number): Reason | typeof waits | undefined {
    // A stage that is entered may choose the policies beneath it.
    while (this.#depth < this.path.policies.length) {
      const stage = this.path.policies[this.#depth]!(this)
      // Stored before it is entered, so that it can be cut from within; it counts as entered unless it refuses.
      this.#stages[this.#depth] = stage
      // Programs without types return null for nothing.
      const answer = stage.enter(at) ?? undefined
      if (answer === undefined || answer === waits) this.#depth++
      if (answer !== undefined) return answer
    }
    return this.path.floor === undefined ? this.#start(at) : undefined
  }

  /** Starts the stages, the innermost first, until one refuses. */
  #start(at: number): Reason | undefined {
    for (; this.#started < this.#depth; this.#started++) {
      const reason = this.#stages[this.#depth - this.#started - 1]!.start(at) ?? undefined
      if (reason !== undefined) return reason
    }
    this.attempts++
    // What the attempt before it took is not this one's.
    this.usage = undefined
    return undefined
  }

  /** The work itself, or as a call of the gate beneath, which decides when it begins. */
  protected through(work: Work): Work {
    const { floor } = this.path
    if (floor === undefined) return work
    // The call around this one starts next, and a step in the line may ask whether it has.
    const settle = this.options[outer] && (() => this.chain.defer(Line.drain))
    // A wrapper may run the work twice at once, which is one attempt here.
    let running = 0
    const attempt = Effect.withFiber(({ context }): Work => {
      const reason = running === 0 ? Line.change(() => this.#start(this.now()), settle) : undefined
      if (reason !== undefined) {
        // The attempt has started in the gates beneath: it does not count there, and spends nothing.
        const calls = Array.from(callsAround(Context.get(context, EngineCall.current)))
        for (const call of calls.slice(0, Math.max(0, calls.indexOf(this)))) call.attempts--
        return refusal(reason)
      }
      running++
      return Effect.onExitPrimitive(work, (end) => void (--running === 0 && Line.change(() => this.#stop(end))))
    })
    // A wrapper that throws is a defect of its call.
    return Effect.suspend(() => floor(ResolvedOptions.within(this), attempt))
  }

  /** Stops the stages that have started, or leaves that to work that goes on; returns the defect of a hook. */
  #stop(end: End): End | undefined {
    if (this.#started === 0) return undefined
    // An attempt that a stage refused, when others had started, has no work that could fail.
    if (this.#started === this.#depth) noteWorkFailure(end)
    const from = this.#depth - this.#started
    const { attempt } = this
    this.#started = 0
    this.attempt = undefined
    if (attempt?.running !== true) return stop(this.#stages, from, this.now())
    const stages = this.#stages.slice()
    attempt.onSettled(() => Line.change(() => void stop(stages, from, this.now())))
    return undefined
  }

  /** The attempt was aborted before its work began: it does not count, and spends nothing. */
  protected neverBegan(): void {
    if (this.path.floor === undefined) this.attempts--
    this.ended(interrupted)
  }

  /** The attempt is over. */
  protected ended(end: End): void {
    this.#unwind(end)
    Line.drain()
  }

  /** Stops the stages that have started, and leaves the policies, the innermost first, until one keeps the call. */
  #unwind(end: End): void {
    this.#move()
    end = this.#stop(end) ?? end
    const at = this.now()
    while (this.#depth > 0) {
      const place = --this.#depth
      if (this.cutAt === place) {
        this.cutAt = undefined
        if (Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)) end = refusal(this.#reason!)
      }
      const answer = leave(this.#stages[place]!, end, at)
      if (answer === waits) {
        this.#depth++
        if (this.cutAt !== undefined) Line.post(this)
        return this.park()
      }
      if (answer !== undefined) end = answer
    }
    this.end = end
    Line.leaveHooks()
    // The caller may go on at once, on this stack.
    runProgram(false, finish, this)
  }
}

/** A call, and those of gates further out that it is part of, the innermost first. */
export function* callsAround(call: object | undefined): Generator<EngineCall> {
  for (; call instanceof EngineCall; call = call.options[outer]) yield call
}

// A hook that throws is a defect of its policy: the other stages are stopped and left all the same.

const stop = (stages: ReadonlyArray<Stage>, from: number, at: number): End | undefined => {
  let end: End | undefined
  for (let i = stages.length - 1; i >= from; i--) {
    try {
      stages[i]!.stop(at)
    } catch (defect) {
      end ??= Exit.die(defect)
    }
  }
  return end
}

const finish = (call: EngineCall): void => call.finish(call.end!)

const leave = (stage: Stage, end: End, at: number): End | typeof waits | undefined => {
  try {
    const answer = stage.leave(end, at) ?? undefined
    if (answer === undefined || answer === waits || Exit.isExit(answer)) return answer
    return Exit.die(new TypeError(`A hook of a policy ended a call with ${String(answer)}, which is no Exit`))
  } catch (defect) {
    return Exit.die(defect)
  }
}
