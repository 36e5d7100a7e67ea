import { Cause, Duration, Effect, Exit, Option } from "effect"
import * as Failure from "../domain/Failure.ts"
import * as Range from "../domain/Range.ts"
import { Draining } from "../Drain.ts"
import { RetryBudget } from "../internal/RetryBudget.ts"
import { now } from "../internal/Time.ts"
import { Alarm, Bell } from "../internal/Alarm.ts"
import { type Call, type End, Stay, waits } from "../engine/Call.ts"
import { Gate } from "../Gate.ts"

export interface Options {
  /** Retries of one call, a whole number from 0 to 20. */
  readonly times: number
  /** Longest delay before the first retry, doubled for each further one; 1 ms to a day, 500 ms. */
  readonly base?: Duration.Input | undefined
  /** Longest delay before any retry; 1 ms to a day, 8 s. */
  readonly cap?: Duration.Input | undefined
  /** Retries per call of the last ten seconds, 0 to 1; 0.1. */
  readonly budgetShare?: number | undefined
  /** Retries a second that are allowed whatever the number of calls; 1. */
  readonly budgetPerSecond?: number | undefined
  /** Whether a failure may pass. */
  readonly isTransient?: ((error: unknown) => boolean) | undefined
  /** How long the failure itself asks to wait. */
  readonly retryAfter?: ((error: unknown) => Duration.Duration | undefined) | undefined
}

const names: Range.Names<Options> = {
  times: true,
  base: true,
  cap: true,
  budgetShare: true,
  budgetPerSecond: true,
  isTransient: true,
  retryAfter: true
}

/** Makes a call again that failed in a way that may pass, after a delay with full jitter. */
export const layer = (options: Options) =>
  Gate.stays(
    Effect.fnUntraced(function* () {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const times = checker.number("times", given.times, Range.retries)
      const base = checker.duration("base", given.base, Range.millis, 500)
      const cap = checker.duration("cap", given.cap, Range.millis, 8000)
      const share = checker.number("budgetShare", given.budgetShare, Range.share, 0.1)
      const perSecond = checker.number("budgetPerSecond", given.budgetPerSecond, Range.nonNegative, 1)
      const isTransient = checker.function("isTransient", given.isTransient, Failure.isTransient)
      const retryAfter = checker.function("retryAfter", given.retryAfter, Failure.retryAfterOf)
      yield* checker.done
      if (times === 0) return undefined
      const clock = yield* now
      const draining = yield* Draining
      const budget = new RetryBudget(share, perSecond, clock())
      const rules: Rules = { times, base, cap, isTransient, retryAfter, draining, budget, alarm: yield* Alarm.make }
      return (call: Call) => new Repeated(call, rules)
    })
  )

interface Rules {
  readonly times: number
  readonly base: number
  readonly cap: number
  readonly isTransient: (error: unknown) => boolean
  readonly retryAfter: (error: unknown) => Duration.Duration | undefined
  readonly draining: Draining
  readonly budget: RetryBudget
  readonly alarm: Alarm
}

class Repeated extends Stay {
  readonly call: Call
  readonly #rules: Rules
  #retries = 0
  /** Attempts that had begun when the present one was let in. */
  #before = 0
  #last: End | undefined = undefined
  // Made on the first failure only: a call that succeeds pays next to nothing.
  #bell: Bell | undefined = undefined

  constructor(call: Call, rules: Rules) {
    super()
    this.call = call
    this.#rules = rules
  }

  override enter() {
    this.#rules.budget.earn(this.call.chain.now)
    return undefined
  }

  #again() {
    this.#before = this.call.attempts
    this.call.proceed()
  }

  override leave(exit: End, at: number) {
    const { alarm, base, budget, cap, draining, isTransient, retryAfter, times } = this.#rules
    const { call } = this
    // Left in the middle of a delay.
    if (this.#bell !== undefined) alarm.cancel(this.#bell)
    const error = Exit.isFailure(exit) ? Cause.findErrorOption(exit.cause) : Option.none()
    if (Option.isNone(error)) return undefined
    // A refusal is never retried: the model's own failure tells more.
    if (call.attempts === this.#before) return this.#last
    this.#last = exit
    if (this.#retries === times || call.progress?.begun === true || draining.begun()) return undefined
    if (!isTransient(error.value)) return undefined
    const jittered = call.random() * Math.min(cap, base * 2 ** this.#retries)
    const delay = Math.max(jittered, Duration.toMillis(retryAfter(error.value) ?? Duration.zero))
    if (at + delay >= call.until || !budget.spend(at)) return undefined
    this.#retries++
    this.#bell ??= new Bell(() => this.#again())
    alarm.add(this.#bell, at, delay)
    return waits
  }
}
