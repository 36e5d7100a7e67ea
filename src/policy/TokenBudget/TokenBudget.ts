import { Cause, Duration, Effect, Exit, Option } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution, now } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import { NeverAdmissible } from "../../Rejection.ts"
import { type TokenUsage, usageOf } from "../../TokenUsage.ts"
import { AdmittedRate } from "./AdmittedRate.ts"
import { Allowance } from "./Allowance.ts"

const fields = {
  /** Calls per minute, above 0; a whole minute's may start at once. Default: `Infinity`. */
  requestsPerMinute: Field.number(1e-3, 1e12, { default: Infinity, infinite: true }),
  /** Prompt and completion tokens per minute, from 1; a whole minute's may be taken at once. Default: `Infinity`. */
  tokensPerMinute: Field.number(1, 1e12, { default: Infinity, infinite: true }),
  /** Tokens of calls that run at once, from 1. Default: `Infinity`. */
  tokensInFlight: Field.number(1, 1e12, { default: Infinity, infinite: true }),
  /** Whether the limits are also learned from the refusals (429) of the provider. Default: `true`. */
  learns: Field.boolean({ default: true }),
  /** Tokens that a call reserves, from 0. Default: its `tokens`. */
  estimate: Field.func<(options: ResolvedOptions) => number>({ default: ({ tokens }) => tokens }),
  /** Reads the tokens that a call took from its end. Default: from the `usage` of its answer. */
  usageOf: Field.func<(end: End) => TokenUsage | undefined>({ default: usageOf })
}

export interface Options extends OptionsOf<typeof fields> {}

type Settings = Values<typeof fields>

/** An upstream's mistake must not stop the gate for ever. */
const longestCooldown = 3_600_000

/**
 * Keeps calls within requests and tokens per minute, and within tokens in flight.
 *
 * A call reserves one request and its estimated tokens, both at one moment, and waits in line until both are there. When
 * it ends, the tokens it did not take go back, and more than it had reserved is a debt that delays the next; a call whose
 * work never began gives all back. After a 429 nothing starts until its `retry-after`; from then on calls start at the
 * rate that the provider admitted in the minute before, and a little faster each second. Fails with `NeverAdmissible` for
 * more tokens than the limit will ever give.
 *
 * @example
 * const gate = TokenBudget.layer({ tokensPerMinute: 90_000 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ tokens: 1200 }, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options = {}) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const settings = yield* decode(fields, options)
      const { learns, requestsPerMinute, tokensInFlight, tokensPerMinute } = settings
      if (!learns && Math.min(requestsPerMinute, tokensInFlight, tokensPerMinute) === Infinity) return undefined
      const clock = yield* now
      const budget = new Budget(settings, yield* TimerQueue.make, clock())
      return {
        policy: (call: Call) => new Reservation(call, budget),
        cooldownUntil: () => Math.max(budget.cooldownUntil, beneath.cooldownUntil?.() ?? -Infinity),
        rates: (at: number) => budget.rates(at)
      }
    })
  )

/** The weight of a call in what calls take of their estimates: about the last fifty count. */
const gain = 0.02

/** What may be saved up of a pace that was learned, in minutes. */
const burst = 10 / 60

const unlimited = { requests: Infinity, tokens: Infinity }

/** What is left of the limits, and the calls that wait for it. */
class Budget {
  readonly settings: Settings
  cooldownUntil = -Infinity
  readonly #timers: TimerQueue
  readonly #requests: Allowance
  readonly #tokens: Allowance
  readonly #admittedRequests: AdmittedRate
  readonly #admittedTokens: AdmittedRate
  readonly #line = new Fifo<Reservation>()
  readonly #timer = new Timer(() => change(() => this.#look()))
  #inFlight = 0
  #refusedAt = -Infinity
  /** The tokens that calls took over those they were expected to. */
  readonly #taken = { actual: 0, expected: 0 }

  constructor(settings: Settings, timers: TimerQueue, at: number) {
    const { requestsPerMinute, tokensPerMinute } = settings
    this.settings = settings
    this.#timers = timers
    this.#requests = new Allowance(requestsPerMinute, requestsPerMinute, at)
    this.#tokens = new Allowance(tokensPerMinute, tokensPerMinute, at)
    this.#admittedRequests = new AdmittedRate(at)
    this.#admittedTokens = new AdmittedRate(at)
  }

  /** Why a call with so many tokens can never start. */
  never(tokens: number): NeverAdmissible | undefined {
    const capacity = Math.min(this.settings.tokensPerMinute, this.settings.tokensInFlight)
    return tokens > capacity ? new NeverAdmissible({ limit: "tokens", asked: tokens, capacity }) : undefined
  }

  rates(at: number): { readonly requests: number; readonly tokens: number } {
    if (this.#requests.perMinute === Infinity && this.#tokens.perMinute === Infinity) return unlimited
    this.#followPace(at)
    return { requests: this.#requests.perMinute / 60_000, tokens: this.#tokens.perMinute / 60_000 }
  }

  enter(reservation: Reservation, at: number): typeof waits | undefined {
    if (this.#line.size === 0 && this.#wait(reservation, at) <= clockResolution) {
      this.#take(reservation, at)
      return undefined
    }
    this.#line.add(reservation)
    reservation.waiting = true
    if (this.#line.size === 1) this.#look()
    return reservation.waiting ? waits : undefined
  }

  /** The tokens that a call is expected to take: its estimate, for as much of it as calls really took. */
  expect(options: ResolvedOptions): number {
    const { actual, expected } = this.#taken
    const estimate = Math.max(0, this.settings.estimate(options))
    return this.settings.learns && expected > 0 ? estimate * Math.min(1, actual / expected) : estimate
  }

  /** A call leaves without having begun. */
  giveUp(reservation: Reservation, at: number): void {
    if (reservation.waiting) {
      reservation.waiting = false
      this.#line.remove(reservation)
    } else {
      this.#requests.giveBack(1, at)
      this.#admittedRequests.admit(-1, at)
      this.#release(reservation, 0, at)
    }
    this.#look()
  }

  /** A call that had begun has ended. */
  settle(reservation: Reservation, tokens: number, at: number): void {
    this.#release(reservation, tokens, at)
    if (reservation.estimate > 0 && tokens > 0) {
      this.#taken.actual += gain * (tokens - this.#taken.actual)
      this.#taken.expected += gain * (reservation.estimate - this.#taken.expected)
    }
    this.#look()
  }

  /** The provider refused a call that had begun. */
  refuse(reservation: Reservation, retryAfter: number, at: number): void {
    this.#admittedRequests.admit(-1, at)
    this.#release(reservation, 0, at)
    if (retryAfter > 0) this.cooldownUntil = Math.max(this.cooldownUntil, at + Math.min(retryAfter, longestCooldown))
    // Calls that were refused together are one refusal.
    if (this.settings.learns && retryAfter > 0 && reservation.takenAt >= this.#refusedAt) {
      this.#admittedRequests.refuse(at)
      this.#admittedTokens.refuse(at)
      this.#refusedAt = at
      this.#followPace(at)
      this.#requests.empty(at)
    }
    this.#look()
  }

  #release(reservation: Reservation, tokens: number, at: number): void {
    this.#tokens.giveBack(reservation.tokens - tokens, at)
    this.#admittedTokens.admit(tokens - reservation.tokens, at)
    this.#inFlight -= reservation.tokens
  }

  /** Takes the pace that was learned, never above the limits that are set. */
  #followPace(at: number): void {
    if (!this.settings.learns) return
    const { requestsPerMinute, tokensPerMinute } = this.settings
    const requests = Math.min(requestsPerMinute, this.#admittedRequests.perMinute(at))
    const tokens = Math.min(tokensPerMinute, this.#admittedTokens.perMinute(at))
    if (requests !== this.#requests.perMinute) this.#requests.setRate(requests, Math.max(1, requests * burst), at)
    if (tokens !== this.#tokens.perMinute) this.#tokens.setRate(tokens, tokens * burst, at)
  }

  /** Milliseconds until the call can start; `Infinity` until another has ended. */
  #wait({ tokens }: Reservation, at: number): number {
    this.#followPace(at)
    if (this.#inFlight > 0 && this.#inFlight + tokens > this.settings.tokensInFlight) return Infinity
    return Math.max(
      this.cooldownUntil - at,
      this.#requests.wait(1, at),
      this.#tokens.wait(Math.min(tokens, this.#tokens.capacity), at)
    )
  }

  #take(reservation: Reservation, at: number): void {
    this.#requests.take(1, at)
    this.#tokens.take(reservation.tokens, at)
    this.#admittedRequests.admit(1, at)
    this.#admittedTokens.admit(reservation.tokens, at)
    this.#inFlight += reservation.tokens
    reservation.takenAt = at
  }

  #look(): void {
    this.#timers.cancel(this.#timer)
    for (let first = this.#line.first; first !== undefined; first = this.#line.first) {
      const at = this.#timers.now()
      const wait = this.#wait(first, at)
      if (wait > clockResolution) {
        if (wait < Infinity) this.#timers.set(this.#timer, at, wait)
        return
      }
      this.#line.remove(first)
      first.waiting = false
      this.#take(first, at)
      first.call.proceed(first)
    }
  }
}

/** What a call has reserved. */
class Reservation extends Stage implements Linked<Reservation> {
  readonly call: Call
  readonly #budget: Budget
  previous: Reservation | undefined = undefined
  next: Reservation | undefined = undefined
  estimate = NaN
  tokens = NaN
  waiting = false
  takenAt = NaN
  /** Attempts that had begun when this one came. */
  #before = 0

  constructor(call: Call, budget: Budget) {
    super()
    this.call = call
    this.#budget = budget
  }

  override enter(at: number) {
    const budget = this.#budget
    this.estimate = budget.settings.estimate(this.call.options)
    this.tokens = budget.expect(this.call.options)
    this.#before = this.call.attempts
    return budget.never(this.tokens) ?? budget.enter(this, at)
  }

  override leave(end: End, at: number) {
    const budget = this.#budget
    if (this.call.attempts === this.#before) {
      budget.giveUp(this, at)
      return undefined
    }
    const error = Exit.isSuccess(end) ? undefined : Option.getOrUndefined(Cause.findErrorOption(end.cause))
    if (error !== undefined && Failure.statusOf(error) === 429) {
      budget.refuse(this, Duration.toMillis(Failure.retryAfterOf(error) ?? Duration.zero), at)
    } else {
      budget.settle(this, this.#taken(end), at)
    }
    return undefined
  }

  /** The tokens that the call took: as reported, else none if the model was not reached, else as reserved. */
  #taken(end: End): number {
    const usage = this.call.usage ?? this.#budget.settings.usageOf(end)
    if (usage !== undefined) return usage.prompt + usage.completion
    return Failure.isUnreached(end) ? 0 : this.tokens
  }
}
