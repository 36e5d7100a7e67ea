import type { Limit } from "../../engine/Dynamic.ts"
import type { Verdict } from "../../Failure.ts"
import { share, SlidingSum } from "../../stats/Windows.ts"
import type { CircuitCause } from "../../stats/Event.ts"

/** A number that may change while the circuit is in use. */
export type Threshold = Pick<Limit, "binds" | "current">

/** The thresholds of a closed circuit; `Infinity` switches one off. */
export interface Thresholds {
  /** Failures that open the circuit: in a row, or `within` so many milliseconds. */
  readonly maxFailures: Threshold
  /** Milliseconds; `Infinity` counts failures in a row. */
  readonly within: number
  /** The share of failures among the ended attempts of the window that opens the circuit. */
  readonly failureRate: Threshold
  /** The share of slow ones among the attempts of the window, those that run included, that opens the circuit. */
  readonly slowCallRate: Threshold
  /** Attempts before a rate counts. */
  readonly minimumCalls: Threshold
  /** The window of the rates, in milliseconds. */
  readonly window: number
}

/** How far an attempt had come when it ended. */
export type Progress = "waiting" | "running" | "slow"

// The error of a rate is at most the attempts of one bucket.
const buckets = 30
/** Sums of a window are rounded. */
const rounding = 1e-6

/** What a closed circuit remembers of its attempts, and whether that opens it. */
export class Outcomes {
  readonly #thresholds: Thresholds
  readonly #begin: number
  /** Whether the outcomes of all attempts are counted, for a rate that holds now or may hold later. */
  readonly hasRates: boolean
  /** Failures in a row. */
  #inRow = 0
  /** When the failures of the last `within` milliseconds happened; those before `#first` are older. */
  readonly #times: Array<number> = []
  #first = 0
  #rates: Rates | undefined = undefined
  /** Attempts that run, and those of them that are slow. */
  #running = 0
  #slowRunning = 0

  constructor(thresholds: Thresholds, begin: number) {
    this.#thresholds = thresholds
    this.#begin = begin
    this.hasRates = thresholds.failureRate.binds || thresholds.slowCallRate.binds
  }

  /** Failures that count towards `maxFailures`. */
  get failures(): number {
    return this.#thresholds.within === Infinity ? this.#inRow : this.#times.length - this.#first
  }

  /** Notes that an attempt starts. */
  start(): void {
    if (this.hasRates) this.#running++
  }

  /** Notes that an attempt which runs has become slow. */
  slow(): void {
    this.#slowRunning++
  }

  /** Notes how an attempt ended. */
  end(verdict: Verdict, progress: Progress, now: number): void {
    if (verdict === "failure") this.#fail(now)
    else if (verdict === "success") this.#inRow = 0
    if (!this.hasRates || progress === "waiting") return
    const isSlow = progress === "slow"
    this.#running--
    if (isSlow) this.#slowRunning--
    // A slow attempt says that the model is slow, even if its caller has left.
    if (verdict === "ignored" && !isSlow) return
    this.#rates ??= new Rates(this.#begin, this.#thresholds.window)
    const { ended, failed, slow, timed } = this.#rates
    timed.add(now, 1)
    if (verdict !== "ignored") ended.add(now, 1)
    if (!isSlow && verdict !== "failure") return
    this.#rates.isClean = false
    if (isSlow) slow.add(now, 1)
    if (verdict === "failure") failed.add(now, 1)
  }

  /** The threshold that is reached now, if one is. */
  reached(now: number): CircuitCause | undefined {
    const { failureRate, maxFailures, minimumCalls, slowCallRate, within } = this.#thresholds
    if (within < Infinity) this.#forget(now - within)
    if (this.failures >= maxFailures.current) return "failures"
    // A rate of nothing reaches no threshold.
    if (!this.hasRates || (this.#slowRunning === 0 && this.#rates?.isClean !== false)) return undefined
    const isReached = (part: number, whole: number, rate: number) =>
      whole >= minimumCalls.current - rounding && whole > 0 && share(part, whole, 0) >= rate - rounding
    const ended = this.#rates?.ended.sum(now) ?? 0
    if (isReached(this.#rates?.failed.sum(now) ?? 0, ended, failureRate.current)) return "failure rate"
    const timed = (this.#rates?.timed.sum(now) ?? 0) + this.#running
    const slow = (this.#rates?.slow.sum(now) ?? 0) + this.#slowRunning
    return isReached(slow, timed, slowCallRate.current) ? "slow calls" : undefined
  }

  #fail(now: number): void {
    const { maxFailures, within } = this.#thresholds
    this.#inRow++
    if (within < Infinity && maxFailures.current < Infinity) this.#times.push(now)
  }

  /** Forgets failures up to a moment. */
  #forget(until: number): void {
    while (this.#first < this.#times.length && this.#times[this.#first]! <= until) this.#first++
    if (this.#first < 64 || this.#first < this.#times.length / 2) return
    this.#times.splice(0, this.#first)
    this.#first = 0
  }
}

/** What the attempts of the window came to. */
class Rates {
  /** Attempts with a verdict. */
  readonly ended: SlidingSum
  readonly failed: SlidingSum
  /** Attempts with a verdict, and slow ones without. */
  readonly timed: SlidingSum
  readonly slow: SlidingSum
  /** Whether none has ever failed or been slow. */
  isClean = true

  constructor(begin: number, length: number) {
    const sum = () => new SlidingSum(begin, { length, buckets })
    this.ended = sum()
    this.failed = sum()
    this.timed = sum()
    this.slow = sum()
  }
}
