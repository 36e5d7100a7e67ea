import { Cause, Duration, Effect, Exit, Option } from "effect"
import { type Call, type End, passing, Stage, waitingFor, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import * as Table from "../../config/Table.ts"
import { Draining } from "../../Drain.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution, now } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import * as Backoff from "./Backoff.ts"
import { RetryBudget } from "./RetryBudget.ts"

const fields = {
  /** Retries of one call, a whole number from 0 to 20. */
  maxRetries: Field.required(Table.limits.maxRetries),
  /** Longest delay before the first retry, doubled for each further one; 1 ms to a day. Default: 500 ms. */
  baseDelay: Field.duration({ default: 500 }),
  /** Longest delay before any retry, 1 ms to a day. Default: 8 s. */
  maxDelay: Field.duration({ default: 8000 }),
  /**
   * Delays in place of `baseDelay` and `maxDelay`. Its input is the failure. A step that is asynchronous or fails is a
   * defect of the call. Default: none.
   */
  schedule: Field.optional(Field.value(Backoff.isSchedule, "a Schedule of Effect")),
  /** Retries per call of the last ten seconds, 0 to 1. Default: 0.1. */
  budgetRatio: Field.number(0, 1, { default: 0.1 }),
  /** Retries a second that are allowed whatever the number of calls, from 0. Default: 1. */
  minPerSecond: Field.number(0, 1e12, { default: 1 }),
  /** Whether a failure may pass. Default: `Failure.isTransient`. */
  isTransient: Field.func<(error: unknown) => boolean>({ default: Failure.isTransient }),
  /** The least delay that a failure asks for. Default: `Failure.retryAfterOf`. */
  retryAfter: Field.func<(error: unknown) => Duration.Duration | undefined>({ default: Failure.retryAfterOf })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Repeats a call that failed in a way that may pass, after a delay with full jitter.
 *
 * A call that backs off holds no permit and no place in a queue beneath. It is not repeated past its deadline, beyond
 * the retry budget, after the first chunk of a stream, or for a `Rejection`. If the gate refuses the retry, the call
 * ends with the model's last failure. A call has one set of retries, however many gates it passes: the outermost
 * `Retry` makes them.
 *
 * Full jitter: Brooker, "Exponential Backoff And Jitter" (AWS, 2015).
 *
 * @example
 * let attempts = 0
 * const unsteady = Effect.suspend(() => (++attempts < 3 ? askBrokenModel : askModel))
 * const gate = Retry.layer({ maxRetries: 2, baseDelay: "1 millis" }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({}, unsteady), gate)) // => "an answer"
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      if (settings.maxRetries === 0) return undefined
      const draining = yield* Draining
      const rules: Rules = {
        ...settings,
        draining,
        delayOf: Backoff.delays(settings, yield* Effect.context<never>()),
        budget: new RetryBudget(settings.budgetRatio, settings.minPerSecond, (yield* now)()),
        timers: yield* TimerQueue.make,
        backingOff: new Set()
      }
      yield* draining.onBegin(() => change(() => rules.backingOff.forEach((stage) => stage.proceed())))
      // A Retry further out repeats the call.
      return waitingFor("backoff", (call) => (call.retried ? passing : new Repeated(call, rules)))
    })
  )

interface Rules extends Values<typeof fields> {
  readonly draining: Draining
  readonly delayOf: () => Backoff.Delay
  readonly budget: RetryBudget
  readonly timers: TimerQueue
  readonly backingOff: Set<Repeated>
}

/** A call and its retries. */
class Repeated extends Stage {
  readonly call: Call
  readonly #rules: Rules
  #retries = 0
  /** Attempts that had started when the call was last let in. */
  #before = 0
  #lastFailure: End | undefined = undefined
  // Made on the first failure: a call that succeeds pays nothing for them.
  #timer: Timer | undefined = undefined
  #delay: Backoff.Delay | undefined = undefined

  constructor(call: Call, rules: Rules) {
    super()
    this.call = call
    this.#rules = rules
  }

  override enter() {
    this.call.retried = true
    this.call.budget = this.#rules.budget
    this.#rules.budget.earn(this.call.now())
  }

  /** Ends the back-off and lets the call in again. If the gate closes, it is refused and ends with its last failure. */
  proceed() {
    this.#endBackOff()
    this.#before = this.call.attempts
    this.call.proceed(this)
  }

  override leave(end: End, at: number) {
    // Cut in the middle of a back-off.
    this.#endBackOff()
    if (Exit.isSuccess(end)) return undefined
    const error = Cause.findErrorOption(end.cause)
    const isRefused =
      Option.isSome(error) || (Cause.hasInterruptsOnly(end.cause) && at + clockResolution >= this.call.deadlineAt)
    // Refused, or out of time, before another attempt: the model's own failure says more.
    if (isRefused && this.call.attempts === this.#before) return this.#lastFailure
    if (Option.isNone(error)) return undefined
    this.#lastFailure = end
    const delay = this.#nextDelay(error.value, at)
    if (delay === undefined) return undefined
    this.#retries++
    this.#timer ??= new Timer(() => this.proceed())
    this.#rules.backingOff.add(this)
    this.#rules.timers.set(this.#timer, at, delay)
    return waits
  }

  #endBackOff() {
    if (this.#timer === undefined) return
    this.#rules.backingOff.delete(this)
    this.#rules.timers.cancel(this.#timer)
  }

  #nextDelay(error: unknown, at: number): number | undefined {
    const { budget, delayOf, draining, isTransient, maxRetries, retryAfter } = this.#rules
    if (this.#retries === maxRetries || this.call.progress?.started === true || draining.isDraining()) return undefined
    if (!isTransient(error)) return undefined
    this.#delay ??= delayOf()
    const delay = this.#delay(error, this.#retries, at)
    if (delay === undefined) return undefined
    const due = Math.max(delay, Duration.toMillis(retryAfter(error) ?? Duration.zero))
    return at + due < this.call.deadlineAt && budget.spend(at) ? due : undefined
  }
}
