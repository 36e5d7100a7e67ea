import { Cause, Context, Effect, Exit, Fiber } from "effect"
import type { Call, End, Pass, Policies, Policy, Route, Stage } from "../Call.ts"
import { afterWait, outer, ResolvedOptions, waits } from "../Call.ts"
import { noteWorkFailure, type Reason, refusal, Rejection } from "../Rejection.ts"
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

/** The place of a cut in a call that is not cut: beyond all stages. */
const uncut = 0x3fff_ffff

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
  /** The wrapper beneath the last policy, if there is one. */
  protected floor: Pass | undefined
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
  /** The policies to enter: the chain's own, or those of the route beneath the stage that chose it. */
  #policies: ReadonlyArray<Policy>
  #depth = 0
  /** How many stages were started and not stopped, the innermost first. */
  #started = 0
  /** The index of the stage that cuts the call, -1 if its caller has left, or `uncut`. */
  #cutAt: number
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
    this.#policies = chain.policies
    this.floor = chain.floor
    this.#cutAt = uncut
  }

  abstract random(): number
  /** Begins an attempt, which calls `ended` when it is over. */
  protected abstract begin(): void
  /** Aborts the attempt, which still calls `ended`; without a reason its caller has left. */
  protected abstract abort(reason: Reason | undefined): void
  /** Gives the caller the end of the call. */
  abstract finish(end: End): void

  protected get isCut(): boolean {
    return this.#cutAt !== uncut
  }

  /** Notes that the work has an attempt that may outlive it: its permit is held until the attempt settles. */
  track(attempt: Attempt): void {
    this.attempt = attempt
    const parent = this.options[outer]
    if (parent instanceof EngineCall) parent.track(attempt)
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
    this.#policies = [...this.chain.policies.slice(0, beneath), ...policies]
    // The stages of another route must not be found any more.
    this.#stages.length = beneath
    this.floor = floor
    this.route = route
  }

  cut(stage: Stage, reason: Reason): void {
    const place = this.#stages.indexOf(stage)
    if (place < 0 || place >= this.#cutAt) return
    this.#cutAt = place
    this.#reason = reason
    Line.post(this)
  }

  /** Ends the call because its caller has left; wins over any cut. */
  abandon(): void {
    this.#cutAt = -1
    Line.stepAlone(this, this.chain.defer)
  }

  step(): void {
    const proceeds = this.#proceeds && this.#phase === "waiting"
    this.#proceeds = false
    if (this.end !== undefined) return
    // A call that was cut while its `proceed` stood in the line must not start.
    if (this.isCut && this.#phase === "running") this.abort(this.#cutAt < 0 ? undefined : this.#reason)
    else if (this.isCut) this.#unwind(interrupted)
    else if (proceeds) this.#advance()
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
    if (this.isCut) return this.neverBegan()
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
    this.waited = afterWait(this.waited, this.#policies[this.#depth - 1]!, this.now() - this.#keptSince)
    this.#keptSince = undefined
  }

  #descend(at: number): Reason | typeof waits | undefined {
    // A stage that is entered may choose the policies beneath it.
    while (this.#depth < this.#policies.length) {
      const stage = this.#policies[this.#depth]!(this)
      // Stored before it is entered, so that it can be cut from within; it counts as entered unless it refuses.
      this.#stages[this.#depth] = stage
      // Programs without types return null for nothing.
      const answer = stage.enter(at) ?? undefined
      if (answer !== undefined && answer !== waits) return answer
      this.#depth++
      if (answer === waits) return waits
    }
    return this.floor === undefined ? this.#start(at) : undefined
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
    const { floor } = this
    if (floor === undefined) return work
    // A wrapper may run the work twice at once, which is one attempt here.
    let running = 0
    const attempt = Effect.suspend((): Work => {
      const reason = running === 0 ? this.started() : undefined
      if (reason !== undefined) {
        this.#uncount(Context.get(Fiber.getCurrent()!.context, EngineCall.current))
        return Effect.fail(new Rejection({ reason }))
      }
      running++
      return Effect.onExitPrimitive(work, (end) => void (--running === 0 && this.stopped(end)))
    })
    // A wrapper that throws is a defect of its call.
    return Effect.suspend(() => floor(ResolvedOptions.within(this), attempt))
  }

  /** An attempt that has started in the gates beneath is refused here: it does not count there, and spends nothing. */
  #uncount(innermost: object): void {
    const calls: Array<EngineCall> = []
    for (let call: object | undefined = innermost; call !== this; call = call.options[outer]) {
      if (!(call instanceof EngineCall)) return
      calls.push(call)
    }
    for (const call of calls) call.attempts--
  }

  /** The gate beneath starts the attempt. */
  protected started(): Reason | undefined {
    // The call around this one starts next, and a step in the line may ask whether it has.
    return Line.change(() => this.#start(this.now()), this.options[outer] && (() => this.chain.defer(Line.drain)))
  }

  /** The work has ended inside the gate beneath. */
  protected stopped(end: End): void {
    Line.change(() => void this.#stop(end))
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
    if (this.floor === undefined) this.attempts--
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
      if (this.#cutAt === place) {
        this.#cutAt = uncut
        if (Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)) end = refusal(this.#reason!)
      }
      const answer = leave(this.#stages[place]!, end, at)
      if (answer === waits) {
        this.#depth++
        if (this.isCut) Line.post(this)
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
