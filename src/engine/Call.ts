import { Cause, Exit } from "effect"
import type { Ask } from "../domain/Ask.ts"
import { type Reason, Rejection } from "../domain/Rejection.ts"
import type { Progress } from "../Progress.ts"
import type { Attempt } from "../Work.ts"
import type { Chain } from "../Gate.ts"
import { alone, change, drain, enterHooks, forgetMoment, isBusy, leaveHooks, momentOf, post } from "./Loop.ts"

/** The answer of a policy that keeps the call until it says `proceed` or `cut`. */
export const waits: unique symbol = Symbol("waits")

export type End = Exit.Exit<unknown, unknown>

/** A policy makes a stay for each call that comes to it. */
export type Policy = (call: Call) => Stay

/**
 * A call's stay at one policy. What it takes, it gives back in `stop` or `leave`: each stay that has begun is left once.
 *
 * It has no fields of its own: a constructor that served every policy would slow each of them down.
 */
export abstract class Stay {
  /** The call comes: it goes on, waits here, or is refused, and then nothing of it may be kept. */
  enter(_at: number): Reason | typeof waits | undefined {
    return undefined
  }

  /** An attempt begins, the innermost policy hears it first; the last moment to refuse it. */
  start(_at: number): Reason | undefined {
    return undefined
  }

  /** The work of an attempt has really ended, perhaps long after its call; once for each start. */
  stop(_at: number): void {}

  /** The call goes back through this policy, which may put another end in place, or keep it for another attempt (`waits`). */
  leave(_exit: End, _at: number): End | typeof waits | undefined {
    return undefined
  }
}

export const interrupted: Exit.Exit<never> = Exit.failCause(Cause.interrupt())

/** A call on its way down a chain of policies and back. */
export abstract class Call {
  readonly ask: Ask
  readonly chain: Chain
  /** By when the call must have ended; a policy may only bring it forward. */
  until: number
  /** Attempts that have begun. */
  attempts = 0
  /** How far a streamed answer has come. */
  progress: Progress | undefined = undefined
  /** Whether the work, or the gate beneath, has the call. */
  #running = false
  /** Whether an attempt is at the model. */
  #working = false
  #over = false
  #queued = false
  #granted = false
  #left = false
  /** The stays that have begun, the outermost first. */
  readonly #stays: Array<Stay>
  /** How many they are. */
  #depth = 0
  /** The place of the stay at which the call was cut; -1 if it was not. */
  #cutAt = -1
  #verdict: Reason | undefined = undefined

  constructor(ask: Ask, chain: Chain) {
    this.ask = ask
    this.until = ask.until
    this.chain = chain
    this.#stays = new Array<Stay>(chain.policies.length)
  }

  /** Chance, 0 to 1. */
  abstract random(): number
  /** Begins an attempt, which calls `ended` when it is over. */
  protected abstract begin(): void
  /** Ends the attempt, which still calls `ended`. */
  protected abstract abort(): void
  /** Answers the caller. */
  protected abstract finish(exit: End): void
  /** The call waits, and begins later on another stack. */
  protected parked(): void {}

  now(): number {
    return momentOf(this.chain.now)
  }

  get over(): boolean {
    return this.#over
  }

  get running(): boolean {
    return this.#running
  }

  /** Starts on the way, once. */
  enter(): void {
    if (isBusy()) {
      this.#granted = true
      this.#post()
    } else {
      this.#advance()
      drain()
    }
  }

  /** Lets a call go on that waits at a policy, in a moment. */
  proceed(): void {
    this.#granted = true
    this.#post()
  }

  /**
   * Ends whatever the call does beneath a stay, with a refusal that counts from there on.
   *
   * What is cut was interrupted, as far as the policies beneath are concerned. Of several cuts the outermost counts.
   */
  cut(at: Stay, verdict: Reason): void {
    if (this.#over || this.#left) return
    const place = this.#stays.indexOf(at)
    if (place < 0 || (this.#cutAt >= 0 && this.#cutAt <= place)) return
    this.#cutAt = place
    this.#verdict = verdict
    this.#post()
  }

  /** Ends the call because nobody waits for it any more. */
  leave(): void {
    if (this.#over || this.#left) return
    this.#left = true
    // Whatever cut it before, nobody is there to be told.
    this.#cutAt = -1
    alone(this, this.chain.later)
  }

  #post(): void {
    if (this.#queued) return
    this.#queued = true
    post(this)
  }

  step(): void {
    this.#queued = false
    if (this.#over) return
    if (this.#left || this.#cutAt >= 0) {
      this.#granted = false
      if (this.#running) this.abort()
      else this.#unwind(interrupted, this.now())
    } else if (this.#granted) {
      this.#granted = false
      this.#advance()
    }
  }

  /** Goes on through the policies beneath, and begins beneath the last. */
  #advance(): void {
    const at = this.now()
    const { floor, policies } = this.chain
    const stays = this.#stays
    let exit: End | undefined
    enterHooks()
    try {
      while (this.#depth < policies.length) {
        const stay = policies[this.#depth]!(this)
        stays[this.#depth] = stay
        const answer = stay.enter(at)
        if (answer === undefined) {
          this.#depth++
        } else if (answer === waits) {
          this.#depth++
          leaveHooks()
          this.parked()
          return
        } else {
          exit = refused(answer)
          break
        }
      }
      if (exit === undefined && floor === undefined) {
        const refusal = this.#start(at)
        if (refusal !== undefined) exit = refused(refusal)
      }
    } catch (defect) {
      exit = Exit.die(defect)
    }
    if (exit !== undefined) return this.#unwind(exit, at)
    leaveHooks()
    this.#running = true
    this.begin()
    forgetMoment()
  }

  #start(at: number): Reason | undefined {
    const stays = this.#stays
    this.attempts++
    for (let i = this.#depth - 1; i >= 0; i--) {
      const refusal = stays[i]!.start(at)
      if (refusal === undefined) continue
      this.attempts--
      for (let begun = this.#depth - 1; begun > i; begun--) stays[begun]!.stop(at)
      return refusal
    }
    this.#working = true
    return undefined
  }

  /** The gate beneath lets the call begin. */
  protected started(): Reason | undefined {
    enterHooks()
    try {
      return this.#start(this.now())
    } finally {
      leaveHooks()
      drain()
    }
  }

  /** The work of the attempt has ended; what goes on all the same is left to itself. */
  protected stopped(leftover?: Attempt): void {
    enterHooks()
    this.#stop(this.now(), leftover)
    leaveHooks()
    drain()
  }

  #stop(at: number, leftover: Attempt | undefined): void {
    if (!this.#working) return
    this.#working = false
    if (leftover === undefined) {
      for (let i = this.#depth - 1; i >= 0; i--) this.#stays[i]!.stop(at)
      return
    }
    const stays = this.#stays.slice(0, this.#depth)
    leftover.onEnd(() =>
      change(() => {
        const at = this.now()
        for (let i = stays.length - 1; i >= 0; i--) stays[i]!.stop(at)
      })
    )
  }

  /** The attempt is over; work that goes on all the same is left to itself. */
  protected ended(exit: End, leftover?: Attempt): void {
    this.#running = false
    const at = this.now()
    enterHooks()
    this.#stop(at, leftover)
    this.#unwind(exit, at)
    drain()
  }

  /** Goes back through the policies, from the innermost on, until one keeps the call. */
  #unwind(exit: End, at: number): void {
    enterHooks()
    while (this.#depth > 0) {
      const place = --this.#depth
      if (this.#cutAt === place) {
        this.#cutAt = -1
        if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) exit = refused(this.#verdict!)
      }
      const answer = left(this.#stays[place]!, exit, at)
      if (answer === waits) {
        this.#depth++
        leaveHooks()
        if (this.#left || this.#cutAt >= 0) this.#post()
        else this.parked()
        return
      }
      if (answer !== undefined) exit = answer
    }
    this.#over = true
    leaveHooks()
    this.finish(exit)
  }
}

/**
 * A rejection that was not constructed as an error: capturing where it was made, even nothing of it, is most of its cost.
 *
 * It is an `Error` to `instanceof`, has its message, and no `stack`.
 */
const LightRejection = function (this: { reason: Reason; _tag: string }, reason: Reason) {
  this.reason = reason
  this._tag = "Rejection"
} as unknown as new (reason: Reason) => Rejection
Object.setPrototypeOf(LightRejection.prototype, Rejection.prototype)

const refused = (reason: Reason): End => Exit.fail(new LightRejection(reason))

const left = (stay: Stay, exit: End, at: number): End | typeof waits | undefined => {
  try {
    return stay.leave(exit, at)
  } catch (defect) {
    return Exit.die(defect)
  }
}
