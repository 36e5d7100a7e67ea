import { Effect, Exit } from "effect"
import { type Call, type End, type ResolvedOptions, waitingFor } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import { Claim, type Permits } from "../../engine/Claim.ts"
import { Fifo } from "../../engine/Fifo.ts"
import { change } from "../../engine/Line.ts"
import { clockResolution } from "../../engine/Time.ts"
import { Timer, TimerQueue } from "../../engine/TimerQueue.ts"
import * as Failure from "../../Failure.ts"
import type { Forecast } from "../../Forecast.ts"
import { Gate } from "../../Gate.ts"
import type { Limits } from "../../Limits.ts"
import { errorOf, NeverAdmissible } from "../../Rejection.ts"
import { Stats } from "../../Stats.ts"
import { type TokenUsage, usageOf } from "../../TokenUsage.ts"
import { type ConcurrencyControl, Gradient, ThroughputClimb } from "./ConcurrencyControl.ts"
import { type Measured, ModelSpeed } from "./ModelSpeed.ts"
import { ReplyLengths } from "./ReplyLengths.ts"

const fields = {
  /** Most permits, a whole number from 1 to 100000. Default: 64. */
  maximum: Field.integer(1, 1e5, { default: 64 }),
  /** Fewest permits, a whole number from 1 to 100000; `maximum` at most. Default: 1. */
  minimum: Field.integer(1, 1e5, { default: 1 }),
  /** Permits to begin with, a whole number from 1 to 100000; `maximum` at most. Default: 8. */
  initial: Field.integer(1, 1e5, { default: 8 }),
  /**
   * How the limit follows the model. `throughput`: to where more calls add little. `gradient`: by the ratio of the
   * least time per token to the present one. Default: `throughput`.
   */
  algorithm: Field.oneOf(["throughput", "gradient"], { default: "throughput", example: "gradient" }),
  /**
   * Failures in a row after which the model counts as down, and one call a second probes it until one is answered; a
   * whole number from 1 to 1000000, or `Infinity` for never. Default: 3.
   */
  probeAfter: Field.integer(1, 1_000_000, { default: 3, infinite: true }),
  /** Reads the tokens that a call took from its end. Default: from the `usage` of its answer. */
  usageOf: Field.func<(end: End) => TokenUsage | undefined>({ default: usageOf })
}

export interface Options extends OptionsOf<typeof fields> {}

/** While the model is down, one call a second probes it. */
const probeEvery = 1000
/** An answer that took less, in milliseconds, was not generated: it comes from a cache or a mock, and tells no speed. */
const shortest = 20
/** The weight of an answer in the share of such answers. */
const instantGain = 0.05
/** The weight of a call in the mean part of its time that it took. */
const hurryGain = 0.05
/** How long a pace that was looked up is good for, in milliseconds. */
const paceLasts = 10

/**
 * Bounds how many calls run at once by a limit that follows the model. The others wait in the order they came.
 *
 * Learns from each answer how the time per token grows with the calls that run, and raises the limit to where more calls
 * add little to the tokens a second. It grows only while it binds, begins small, and falls to seven tenths when the
 * model refuses a call for too much load. An incident changes what is known of the present, not of the usual speed.
 * While the model is down, one call a second probes it. Tells the policies above what it expects of calls to come.
 *
 * @example
 * const gate = AdaptiveConcurrency.layer({ maximum: 64 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({ purpose: "plan", maxTokens: 512 }, askModel), gate)) // => "an answer"
 */
export const layer = (options: Options = {}) =>
  Gate.policy(
    Effect.fnUntraced(function* (beneath) {
      const { algorithm, initial, maximum, minimum, probeAfter, usageOf } = yield* decode(fields, options)
      const bounds = { initial: Math.min(initial, maximum), minimum: Math.min(minimum, maximum), maximum }
      const control = algorithm === "gradient" ? new Gradient(bounds) : new ThroughputClimb(bounds)
      const timers = yield* TimerQueue.make
      const rates = beneath.rates ?? (() => unlimited)
      const limit = new AdaptiveLimit({ control, maximum, probeAfter, rates, timers, usageOf })
      const { watch } = yield* Stats.recorder
      watch(() => ({ maxConcurrent: limit.permits }))
      return {
        policy: waitingFor("permit", (call) => new LearningClaim(call, limit)),
        permits: () => limit.permits,
        refusal: (options) => limit.refusal(options),
        readyAt: (options, at) => limit.readyAt(options, at),
        forecast: limit
      }
    })
  )

interface Settings {
  readonly control: ConcurrencyControl
  readonly timers: TimerQueue
  readonly maximum: number
  readonly probeAfter: number
  readonly usageOf: (end: End) => TokenUsage | undefined
  readonly rates: NonNullable<Limits["rates"]>
}

const unlimited = { requests: Infinity, tokens: Infinity }

/** The permits, those that hold or await them, and what is learned of the model. */
class AdaptiveLimit implements Forecast, Permits {
  readonly #settings: Settings
  readonly #lengths = new ReplyLengths()
  readonly #speed = new ModelSpeed()
  readonly #waiting = new Fifo<Claim>()
  readonly #running = new Fifo<LearningClaim>()
  readonly #probe = new Timer(() => change(() => this.#wake(this.#settings.timers.now())))
  #taken = 0
  #bound = false
  #failures = 0
  #lastStart = -Infinity
  #changedAt = -Infinity
  /** The share of answers that were not generated. */
  #instant = 0.25
  /** The part of the time that they had which calls took, on average. */
  #hurry = 0
  #presentPace = 1
  #pacedAt = -Infinity

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get permits(): number {
    return this.#settings.control.limit
  }

  take(claim: Claim, at: number): boolean {
    if (this.#waiting.size === 0 && this.#fits(claim, at)) {
      this.#hold(claim, at)
      return true
    }
    this.#waiting.add(claim)
    this.#bound = this.#taken + claim.permits > this.permits
    this.#wake(at)
    return false
  }

  refusal({ permits: asked }: Pick<ResolvedOptions, "permits">): NeverAdmissible | undefined {
    const capacity = this.#settings.maximum
    return asked > capacity ? new NeverAdmissible({ limit: "permits", asked, capacity }) : undefined
  }

  /** When a call that came now would have its permits; `Infinity` if others must end first. */
  readyAt({ permits }: ResolvedOptions, at: number): number {
    if (this.#waiting.size > 0 || (this.#taken > 0 && this.#taken + permits > this.permits)) {
      // A policy above that asks has a call which would wait here, and so the limit binds.
      this.#bound = true
      return Infinity
    }
    return this.#isDown() ? this.#lastStart + probeEvery : at
  }

  release(claim: Claim, at: number): void {
    if (!this.#waiting.remove(claim)) this.#taken -= claim.permits
    this.#wake(at)
  }

  start(claim: LearningClaim, at: number): void {
    if (claim.running++ === 0) this.#running.add(claim)
    this.#speed.advance(this.#running.size, at)
    this.#speed.begin(claim, at)
  }

  stop(claim: LearningClaim, at: number): void {
    this.#speed.advance(this.#running.size, at)
    if (--claim.running === 0) this.#running.remove(claim)
    this.#speed.advance(this.#running.size, at)
  }

  /** Learns from the end of a call that had started. */
  learn(claim: LearningClaim, end: End, at: number): void {
    const { deadlineAt } = claim.call
    if (Exit.isSuccess(end) || at >= deadlineAt) {
      const part = at < deadlineAt ? (at - claim.startedAt) / (deadlineAt - claim.startedAt) : 1
      this.#hurry += hurryGain * (part - this.#hurry)
    }
    if (Exit.isSuccess(end)) return this.#answered(claim, end, at)
    const error = errorOf(end)
    if (error === undefined || Failure.rejectionOf(error) !== undefined) return
    if (Failure.statusOf(error) === 429) {
      if (Failure.retryAfterOf(error) !== undefined) return
      // Until a call is answered, another is likely to be refused too.
      this.#failures = Math.max(this.#failures, this.#settings.probeAfter === Infinity ? 0 : this.#settings.probeAfter)
      // Calls that were refused together are one refusal.
      if (claim.startedAt < this.#changedAt) return
      this.#changedAt = at
      this.#settings.control.onOverload()
    } else if (Failure.classify(end) === "failure") {
      this.#failures++
    }
  }

  #answered(claim: LearningClaim, end: End, at: number): void {
    this.#failures = 0
    this.#pacedAt = -Infinity
    const { options } = claim.call
    const usage = claim.call.usage ?? this.#settings.usageOf(end)
    const completion = usage?.completion ?? 1
    const prompt = usage?.prompt ?? promptOf(options)
    this.#lengths.learn(options, completion)
    const instant = at - claim.startedAt < shortest
    this.#instant += instantGain * ((instant ? 1 : 0) - this.#instant)
    // Where most answers are instant the others were held up by something else.
    if (instant || this.#isInstant) return
    this.#speed.learn(claim, prompt, completion, at)
    // The limit changes once a round: a call that started under the old limit is no sample of the new one.
    if (claim.startedAt < this.#changedAt) return
    const { enough, range, slope } = this.#speed
    const slowdown = this.#speed.timePerToken(this.#running.size + 1) / this.#speed.timePerToken(1)
    const before = this.permits
    this.#settings.control.onSample(
      { slope, range, enough, slowdown, pace: this.#speed.pace, hurry: this.#hurry },
      this.#bound
    )
    if (this.permits !== before) this.#changedAt = at
    this.#bound = this.#waiting.size > 0
  }

  // Forecast

  work(options: ResolvedOptions): number {
    return this.#work(options, this.#lengths.predict(options))
  }

  shortWork(options: ResolvedOptions): number {
    return this.#work(options, this.#lengths.lowerQuartile(options))
  }

  #work(options: ResolvedOptions, completion: number): number {
    return completion === 0 || this.#isInstant ? 0 : this.#speed.work(promptOf(options), completion)
  }

  duration(work: number, at: number): number {
    return work * this.#speed.timePerToken(Math.max(this.#running.size + 1, 1)) * this.#pace(at)
  }

  usualDuration(work: number): number {
    return work * this.#speed.timePerToken(this.permits)
  }

  cost(work: number, options: ResolvedOptions, at: number, speed: "present" | "usual"): number {
    const { permits } = this
    const pace = speed === "present" ? this.#pace(at) : 1
    const own = (work * this.#speed.timePerToken(permits) * pace) / permits
    const { requests, tokens } = this.#settings.rates(at)
    if (requests === Infinity && tokens === Infinity) return own
    return Math.max(own, 1 / requests, (promptOf(options) + this.#lengths.predict(options)) / tokens)
  }

  backlog(at: number): number {
    let work = 0
    const pace = this.#pace(at)
    for (let claim = this.#running.first; claim !== undefined; claim = claim.next) {
      const done = this.#speed.progress(claim, claim.work, at) / pace
      work += claim.work * Math.max(0.2, 1 - done)
    }
    return (work * this.#speed.timePerToken(this.permits) * pace) / this.permits
  }

  /** How many times slower than usual the model is, by the answers and by what running calls should have had. */
  #pace(at: number): number {
    if (at < this.#pacedAt + paceLasts) return this.#presentPace
    this.#pacedAt = at
    this.#presentPace = this.#measuredPace(at)
    return this.#presentPace
  }

  #measuredPace(at: number): number {
    let sum = 0
    let count = 0
    for (let claim = this.#running.first; claim !== undefined; claim = claim.next) {
      if (claim.work === 0) continue
      sum += this.#speed.progress(claim, claim.work, at)
      count++
    }
    return count === 0 ? this.#speed.pace : Math.max(this.#speed.pace, sum / count)
  }

  get #isInstant(): boolean {
    return this.#instant > 0.5
  }

  /** Whether starts are spaced, until a call is answered. */
  #isDown(): boolean {
    return this.#failures >= this.#settings.probeAfter
  }

  #fits(claim: Claim, at: number): boolean {
    if (this.#taken > 0 && this.#taken + claim.permits > this.permits) return false
    return !this.#isDown() || at >= this.#lastStart + probeEvery - clockResolution
  }

  #hold(claim: Claim, at: number): void {
    this.#taken += claim.permits
    this.#lastStart = at
  }

  #wake(at: number): void {
    this.#settings.timers.cancel(this.#probe)
    for (let first = this.#waiting.first; first !== undefined; first = this.#waiting.first) {
      if (!this.#fits(first, at)) {
        if (this.#isDown()) this.#settings.timers.set(this.#probe, at, Math.max(1, this.#lastStart + probeEvery - at))
        return
      }
      this.#waiting.remove(first)
      this.#hold(first, at)
      first.call.proceed(first)
    }
  }
}

/** The tokens of a prompt, as far as the options tell. */
const promptOf = ({ maxTokens, tokens }: ResolvedOptions): number => Math.max(0, tokens - maxTokens)

/** A claim from whose call the limit learns. */
class LearningClaim extends Claim implements Measured {
  readonly #limit: AdaptiveLimit
  declare previous: LearningClaim | undefined
  declare next: LearningClaim | undefined
  /** Attempts that run: work that was given up may go on while the next attempt does. */
  running = 0
  /** The work it is predicted to need. */
  work = NaN
  serviceAtStart = NaN
  areaAtStart = NaN
  startedAt = NaN

  constructor(call: Call, limit: AdaptiveLimit) {
    super(call, limit)
    this.#limit = limit
  }

  override start(at: number) {
    super.start(at)
    this.work = this.#limit.work(this.call.options)
    this.#limit.start(this, at)
  }

  override stop(at: number) {
    this.#limit.stop(this, at)
    super.stop(at)
  }

  override leave(end: End, at: number) {
    if (!Number.isNaN(this.startedAt)) this.#limit.learn(this, end, at)
    super.leave(end, at)
  }
}
