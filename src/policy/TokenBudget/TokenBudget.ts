import { Effect } from "effect"
import { type Call, type End, type ResolvedOptions, Stage, waitingFor, waits } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf, type Values } from "../../config/Options.ts"
import { Fifo, type Linked } from "../../engine/Fifo.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution, now } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import { Gate } from "../../Gate.ts"
import { errorOf, NeverAdmissible } from "../../Rejection.ts"
import * as RetryAfter from "../../RetryAfter.ts"
import { type ProviderLimit, type ProviderLimits, providerLimitsOf } from "../../ProviderLimits.ts"
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
  /** Whether limits are also learned from the headers and the refusals (429) of the provider. Default: `true`. */
  learns: Field.boolean({ default: true }),
  /** Tokens that a call reserves, from 0. Default: its `tokens`. */
  estimate: Field.func<(options: ResolvedOptions) => number>({ default: ({ tokens }) => tokens }),
  /** Reads the tokens that a call took from its end. Default: from the `usage` of its answer. */
  usageOf: Field.func<(end: End) => TokenUsage | undefined>({ default: usageOf }),
  /** Reads what the provider says of its limits from the end of a call. Default: from its rate-limit headers. */
  limitsOf: Field.func<(end: End) => ProviderLimits | undefined>({ default: providerLimitsOf })
}

export interface Options extends OptionsOf<typeof fields> {}

type Settings = Values<typeof fields>

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
    Effect.fnUntraced(function* () {
      const settings = yield* decode(fields, options)
      const { learns, requestsPerMinute, tokensInFlight, tokensPerMinute } = settings
      if (!learns && Math.min(requestsPerMinute, tokensInFlight, tokensPerMinute) === Infinity) return undefined
      const clock = yield* now
      const budget = new Budget(settings, yield* TimerQueue.make, clock())
      return {
        policy: waitingFor("token", (call) => new Reservation(call, budget)),
        cooldownUntil: () => budget.cooldownUntil,
        rates: (at: number) => budget.rates(at),
        refusal: (options) => budget.never(budget.expect(options)),
        readyAt: (options, at) => at + budget.waitOf(options, at)
      }
    })
  )

/** The weight of a call in what calls take of their estimates: about the last fifty count. */
const gain = 0.02

/** What may be saved up of a pace that was learned, in minutes. */
const burst = 10 / 60

const unlimited = { requests: Infinity, tokens: Infinity }

/** Requests or tokens: what is left of the limit that is set, told or learned. */
class Dimension {
  /** All that was ever taken. */
  taken = 0
  readonly #set: number
  readonly #least: number
  readonly #allowance: Allowance
  readonly #admitted: AdmittedRate
  #told = Infinity
  #learned = false

  /** `least` is the least that can be saved up of a pace that was learned. */
  constructor(perMinute: number, least: number, at: number) {
    this.#set = perMinute
    this.#least = least
    this.#allowance = new Allowance(perMinute, perMinute, at)
    this.#admitted = new AdmittedRate(at)
  }

  get perMinute(): number {
    return this.#allowance.perMinute
  }

  /** Takes the pace that was learned, never above the limit that is set. */
  follow(at: number): this {
    if (!this.#learned) return this
    const given = Math.min(this.#set, this.#told)
    const pace = Math.min(given, this.#admitted.perMinute(at))
    if (pace !== this.perMinute) {
      this.#allowance.setRate(pace, pace === given ? pace : Math.max(this.#least, pace * burst), at)
    }
    return this
  }

  isFull(at: number): boolean {
    return this.#admitted.isFull(at)
  }

  wait(units: number, at: number): number {
    if (this.follow(at).perMinute === Infinity) return 0
    return this.#allowance.wait(Math.min(units, this.#allowance.capacity), at)
  }

  take(units: number, at: number): void {
    this.taken += units
    this.#allowance.take(units, at)
    this.#admitted.admit(units, at)
  }

  giveBack(units: number, at: number): void {
    if (units === 0) return
    this.#allowance.giveBack(units, at)
    this.#admitted.admit(-units, at)
  }

  /** The provider refused a call for this limit. */
  refuse(at: number): void {
    this.#learned = true
    this.#admitted.refuse(at)
    this.follow(at)
    this.#allowance.empty(at)
  }

  /** Takes over what the provider said when so much had been taken. */
  hear({ limit, remaining }: ProviderLimit, before: number, at: number): void {
    if (limit !== undefined && limit > 0) {
      this.#told = limit
      this.#learned = true
    }
    if (remaining !== undefined && this.follow(at).perMinute < Infinity) {
      this.#allowance.lower(remaining - (this.taken - before), at)
    }
  }
}

/** What is left of the limits, and the calls that wait for it. */
class Budget {
  readonly settings: Settings
  cooldownUntil = -Infinity
  readonly #timers: TimerQueue
  readonly #requests: Dimension
  readonly #tokens: Dimension
  readonly #line = new Fifo<Reservation>()
  readonly #timer = new Timer(() => change(() => this.look()))
  #inFlight = 0
  #refusedAt = -Infinity
  /** The tokens that calls took over those they were expected to. */
  readonly #taken = { actual: 0, expected: 0 }

  constructor(settings: Settings, timers: TimerQueue, at: number) {
    const { requestsPerMinute, tokensPerMinute } = settings
    this.settings = settings
    this.#timers = timers
    this.#requests = new Dimension(requestsPerMinute, 1, at)
    this.#tokens = new Dimension(tokensPerMinute, 0, at)
  }

  /** Why a call with so many tokens can never start. */
  never(tokens: number): NeverAdmissible | undefined {
    const capacity = Math.min(this.settings.tokensPerMinute, this.settings.tokensInFlight)
    return tokens > capacity ? new NeverAdmissible({ limit: "tokens", asked: tokens, capacity }) : undefined
  }

  rates(at: number): { readonly requests: number; readonly tokens: number } {
    const [requests, tokens] = [this.#requests, this.#tokens]
    if (requests.perMinute === Infinity && tokens.perMinute === Infinity) return unlimited
    return { requests: requests.follow(at).perMinute / 60_000, tokens: tokens.follow(at).perMinute / 60_000 }
  }

  enter(reservation: Reservation, at: number): typeof waits | undefined {
    if (this.#line.size === 0 && this.#wait(reservation, at) <= clockResolution) {
      this.#take(reservation, at)
      return undefined
    }
    this.#line.add(reservation)
    reservation.waiting = true
    if (this.#line.size === 1) this.look()
    return reservation.waiting ? waits : undefined
  }

  /** The tokens that a call is expected to take: its estimate, for as much of it as calls really took. */
  expect(options: ResolvedOptions): number {
    const { actual, expected } = this.#taken
    const estimate = Math.max(0, this.settings.estimate(options))
    return this.settings.learns && expected > 0 ? estimate * Math.min(1, actual / expected) : estimate
  }

  /** Milliseconds until a call that came now could start; `Infinity` if another must end first. */
  waitOf(options: ResolvedOptions, at: number): number {
    return this.#line.size > 0 ? Infinity : this.#wait({ tokens: this.expect(options) }, at)
  }

  /** A call leaves without having begun. */
  giveUp(reservation: Reservation, at: number): void {
    if (reservation.waiting) {
      reservation.waiting = false
      this.#line.remove(reservation)
    } else {
      this.#requests.giveBack(1, at)
      this.#tokens.giveBack(reservation.tokens, at)
    }
  }

  /** A call that had begun has ended. */
  settle(reservation: Reservation, tokens: number, at: number): void {
    this.#tokens.giveBack(reservation.tokens - tokens, at)
    if (reservation.estimate > 0 && tokens > 0) {
      this.#taken.actual += gain * (tokens - this.#taken.actual)
      this.#taken.expected += gain * (reservation.estimate - this.#taken.expected)
    }
  }

  /** The provider refused a call that had begun. */
  refuse(reservation: Reservation, retryAfter: number, told: ProviderLimits | undefined, at: number): void {
    this.#requests.giveBack(1, at)
    this.#tokens.giveBack(reservation.tokens, at)
    if (retryAfter > 0) this.cooldownUntil = Math.max(this.cooldownUntil, at + retryAfter)
    // Calls that were refused together are one refusal.
    if (this.settings.learns && retryAfter > 0 && reservation.takenAt >= this.#refusedAt) {
      this.#refusedAt = at
      this.#refusedFor(reservation, told, at).refuse(at)
    }
  }

  /** The provider said what is left of its limits. */
  hear({ requests, tokens }: ProviderLimits, reservation: Reservation, at: number): void {
    this.#requests.hear(requests, reservation.requestsBefore, at)
    this.#tokens.hear(tokens, reservation.tokensBefore, at)
  }

  /** The limit that a refusal is due to: the one that is used up as told; else tokens, unless few were admitted. */
  #refusedFor({ tokens }: Reservation, told: ProviderLimits | undefined, at: number): Dimension {
    const left = { requests: told?.requests.remaining ?? Infinity, tokens: told?.tokens.remaining ?? Infinity }
    if (left.requests < 1) return this.#requests
    if (left.tokens <= tokens || this.#tokens.isFull(at)) return this.#tokens
    return this.#requests
  }

  /** The work of a call has really ended, or it has none. */
  free(reservation: Reservation): void {
    this.#inFlight -= reservation.inFlight
    this.look()
  }

  /** Milliseconds until the call can start; `Infinity` until another has ended. */
  #wait({ tokens }: { readonly tokens: number }, at: number): number {
    if (this.#inFlight > 0 && this.#inFlight + tokens > this.settings.tokensInFlight) return Infinity
    return Math.max(this.cooldownUntil - at, this.#requests.wait(1, at), this.#tokens.wait(tokens, at))
  }

  #take(reservation: Reservation, at: number): void {
    this.#requests.take(1, at)
    this.#tokens.take(reservation.tokens, at)
    this.#inFlight += reservation.tokens
    reservation.inFlight = reservation.tokens
    reservation.takenAt = at
    reservation.requestsBefore = this.#requests.taken
    reservation.tokensBefore = this.#tokens.taken
  }

  /** Lets the calls go on that can start now, and sets the timer for the next. */
  look(): void {
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
  /** The tokens of its work while that runs. */
  inFlight = 0
  waiting = false
  takenAt = NaN
  /** What had been taken of each limit when this was. */
  requestsBefore = NaN
  tokensBefore = NaN
  /** Attempts that had begun when this one came. */
  #before = 0
  /** What is in flight: the call itself, and the work of each attempt that has not ended. */
  #users = 1

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

  override start() {
    this.#users++
  }

  override stop() {
    if (--this.#users === 0) this.#budget.free(this)
  }

  override leave(end: End, at: number) {
    this.#settle(end, at)
    if (--this.#users === 0) this.#budget.free(this)
    else this.#budget.look()
  }

  #settle(end: End, at: number): void {
    const budget = this.#budget
    if (this.call.attempts === this.#before) return budget.giveUp(this, at)
    const told = budget.settings.learns ? budget.settings.limitsOf(end) : undefined
    if (told !== undefined) budget.hear(told, this, at)
    if (Failure.statusOf(errorOf(end)) === 429) {
      budget.refuse(this, RetryAfter.millisAskedBy(end, Failure.retryAfterOf), told, at)
    } else {
      budget.settle(this, this.#taken(end), at)
    }
  }

  /** The tokens that the call took: as reported, else none if the model was not reached, else as reserved. */
  #taken(end: End): number {
    const usage = this.call.usage ?? this.#budget.settings.usageOf(end)
    if (usage !== undefined) return usage.prompt + usage.completion
    return Failure.isUnreached(end) ? 0 : this.tokens
  }
}
