import { Cause, Exit } from "effect"
import { type Call, type End, outer, type Pass, type Policy, type ResolvedOptions, type Stage, waits } from "../Call.ts"
import { type Reason, Rejection } from "../Rejection.ts"
import type { Attempt } from "./Attempt.ts"
import * as Line from "./Line.ts"
import type { TokenUsage } from "../TokenUsage.ts"
import type { StreamProgress } from "../StreamProgress.ts"
import type { Now } from "./Time.ts"

/** Consecutive policies that one engine runs. */
export interface Chain {
  /** The outermost first. */
  readonly policies: ReadonlyArray<Policy>
  /** The wrapper beneath the last of them, if there is one. */
  readonly floor: Pass | undefined
  readonly now: Now
  /** Runs a function a tick later, through the scheduler of the layer. */
  readonly defer: (run: () => void) => void
  /**
   * A call and a stage of each policy, which live as long as the chain.
   *
   * V8 drops optimised code when the last object of a shape is collected, so a gate that idles would start cold.
   */
  readonly specimens?: ReadonlyArray<object>
}

/** Whether the code on this stack is work that a Retry further out repeats. */
let inRetriedWork = false

/** Begins the work of a call: calls that it makes at once are known to be repeated with it. */
export const beginWork = <A, B>(call: EngineCall, work: (argument: A) => B, argument: A): B => {
  const around = inRetriedWork
  inRetriedWork = call.retried
  try {
    return work(argument)
  } finally {
    inRetriedWork = around
  }
}

export const interrupted: Exit.Exit<never> = Exit.failCause(Cause.interrupt())

const rejected = (reason: Reason): End => Exit.fail(new Rejection({ reason }))

const isInterrupted = (end: End): boolean => Exit.isFailure(end) && Cause.hasInterruptsOnly(end.cause)

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
  over = false
  progress: StreamProgress | undefined
  usage: TokenUsage | undefined = undefined
  /** Whether the call is with the work or with the gate beneath. */
  #running = false
  /** Whether an attempt is at the model. */
  #working = false
  #posted = false
  #proceeds = false
  /** Whether the call waits at its innermost stage. */
  #waits = false
  #abandoned = false
  /** The stages that were entered and not left, the outermost first; `#depth` of them. */
  readonly #stages: Array<Stage>
  #depth = 0
  /** The index of the stage at which the call was cut; -1 if it was not. */
  #cutAt = -1
  #reason: Reason | undefined = undefined

  constructor(options: ResolvedOptions, chain: Chain) {
    const parent = options[outer]
    this.options = options
    this.chain = chain
    this.deadlineAt = parent === undefined ? Infinity : parent.deadlineAt
    this.retried = parent === undefined ? inRetriedWork : parent.retried
    this.progress = parent === undefined ? undefined : parent.progress
    // oxlint-disable-next-line unicorn/no-new-array -- of the right size at once
    this.#stages = new Array<Stage>(chain.policies.length)
  }

  abstract random(): number
  /** Begins an attempt, which calls `ended` when it is over. */
  protected abstract begin(): void
  /** Aborts the attempt, which still calls `ended`; `abandoned` tells whether the caller has left. */
  protected abstract abort(abandoned: boolean): void
  /** Gives the caller the end of the call. */
  protected abstract finish(end: End): void
  /** Called when the call waits: its work will begin later, on another stack. */
  protected parked(): void {}

  now(): number {
    return Line.timeOf(this.chain.now)
  }

  /** Sends the call on its way; to be called once. */
  enter(): void {
    this.#waits = true
    if (Line.isInHooks()) return this.proceed()
    this.#advance()
    Line.drain()
  }

  proceed(stage?: Stage): void {
    if (stage !== undefined && stage !== this.#stages[this.#waits ? this.#depth - 1 : this.#depth]) return
    this.#proceeds = true
    this.#post()
  }

  cut(stage: Stage, reason: Reason): void {
    if (this.over || this.#abandoned) return
    const place = this.#stages.indexOf(stage)
    if (place < 0 || (this.#cutAt >= 0 && this.#cutAt <= place)) return
    this.#cutAt = place
    this.#reason = reason
    this.#post()
  }

  /** Ends the call because its caller has left; wins over any cut. */
  abandon(): void {
    if (this.over || this.#abandoned) return
    this.#abandoned = true
    this.#cutAt = -1
    Line.stepAlone(this, this.chain.defer)
  }

  #post(): void {
    if (this.#posted) return
    this.#posted = true
    Line.post(this)
  }

  step(): void {
    this.#posted = false
    if (this.over) return
    // A call that was cut while its `proceed` stood in the line must not start.
    if (this.#abandoned || this.#cutAt >= 0) {
      this.#proceeds = false
      if (this.#running) this.abort(this.#abandoned)
      else this.#unwind(interrupted, this.now())
    } else if (this.#proceeds) {
      this.#proceeds = false
      if (this.#waits) this.#advance()
    }
  }

  /** Enters the policies beneath, and begins the attempt after the last. */
  #advance(): void {
    this.#waits = false
    Line.enterHooks()
    const at = this.now()
    let end: End | undefined
    try {
      const reason = this.#descend(at)
      if (reason === waits) return this.#park()
      if (reason !== undefined) end = rejected(reason)
      else if (this.#abandoned || this.#cutAt >= 0) {
        // A hook has cut the call: its work must not begin.
        if (this.#working) this.attempts--
        end = this.#stop(at, undefined) ?? interrupted
      }
    } catch (defect) {
      end = Exit.die(defect)
    }
    if (end !== undefined) return this.#unwind(end, at)
    Line.leaveHooks()
    this.#running = true
    this.begin()
    Line.forgetTime()
  }

  #park(): void {
    this.#waits = true
    Line.leaveHooks()
    this.parked()
  }

  #descend(at: number): Reason | typeof waits | undefined {
    const { floor, policies } = this.chain
    while (this.#depth < policies.length) {
      const stage = policies[this.#depth]!(this)
      // Stored before it is entered, so that it can be cut from within; it counts as entered unless it refuses.
      this.#stages[this.#depth] = stage
      const answer = stage.enter(at)
      if (answer !== undefined && answer !== waits) return answer
      this.#depth++
      if (answer === waits) return waits
    }
    return floor === undefined ? this.#start(at) : undefined
  }

  #start(at: number): Reason | undefined {
    this.attempts++
    let i = this.#depth - 1
    try {
      for (; i >= 0; i--) {
        const reason = this.#stages[i]!.start(at)
        if (reason !== undefined) return reason
      }
      this.#working = true
      return undefined
    } finally {
      // Refused, or a hook threw: the stages that have started stop.
      if (!this.#working) {
        this.attempts--
        stop(this.#stages.slice(i + 1, this.#depth), at)
      }
    }
  }

  /** The gate beneath starts the attempt. */
  protected started(): Reason | undefined {
    Line.enterHooks()
    try {
      return this.#start(this.now())
    } finally {
      Line.leaveHooks()
      // The call around this one starts next, and a step in the line may ask whether it has.
      if (this.options[outer] === undefined) Line.drain()
      else {
        Line.forgetTime()
        this.chain.defer(Line.drain)
      }
    }
  }

  /** The work has ended inside the gate beneath; `abandoned` is an attempt that outlives it. */
  protected stopped(abandoned?: Attempt): void {
    Line.change(() => void this.#stop(this.now(), abandoned))
  }

  /** Stops the stages, when the abandoned work has settled if there is any; returns the defect of a hook. */
  #stop(at: number, abandoned: Attempt | undefined): End | undefined {
    if (!this.#working) return undefined
    this.#working = false
    if (abandoned === undefined) return stop(this.#stages, at, this.#depth)
    const stages = this.#stages.slice(0, this.#depth)
    abandoned.onSettled(() => Line.change(() => void stop(stages, this.now())))
    return undefined
  }

  /** The attempt was aborted before its work began: it does not count, and spends nothing. */
  protected neverBegan(): void {
    if (this.chain.floor === undefined) this.attempts--
    this.ended(interrupted)
  }

  /** The attempt is over; `abandoned` is work that outlives it. */
  protected ended(end: End, abandoned?: Attempt): void {
    this.#running = false
    Line.enterHooks()
    const at = this.now()
    this.#unwind(this.#stop(at, abandoned) ?? end, at)
    Line.drain()
  }

  /** Leaves the policies, the innermost first, until one keeps the call. */
  #unwind(end: End, at: number): void {
    this.#waits = false
    Line.enterHooks()
    while (this.#depth > 0) {
      const place = --this.#depth
      if (this.#cutAt === place) {
        this.#cutAt = -1
        if (isInterrupted(end)) end = rejected(this.#reason!)
      }
      const answer = leave(this.#stages[place]!, end, at)
      if (answer === waits) {
        this.#depth++
        if (this.#abandoned || this.#cutAt >= 0) this.#post()
        return this.#park()
      }
      if (answer !== undefined) end = answer
    }
    this.over = true
    Line.leaveHooks()
    // The caller may go on at once, on this stack.
    const around = inRetriedWork
    inRetriedWork = false
    this.finish(end)
    inRetriedWork = around
    Line.forgetTime()
  }
}

// A hook that throws is a defect of its policy: the other stages are stopped and left all the same.

const stop = (stages: ReadonlyArray<Stage>, at: number, depth = stages.length): End | undefined => {
  let end: End | undefined
  for (let i = depth - 1; i >= 0; i--) {
    try {
      stages[i]!.stop(at)
    } catch (defect) {
      end ??= Exit.die(defect)
    }
  }
  return end
}

const leave = (stage: Stage, end: End, at: number): End | typeof waits | undefined => {
  try {
    return stage.leave(end, at)
  } catch (defect) {
    return Exit.die(defect)
  }
}
