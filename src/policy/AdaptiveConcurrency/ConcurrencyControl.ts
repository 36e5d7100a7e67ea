/** A model that is slower than usual by more than this does something else, too: more calls would make it worse. */
const busy = 1.25
/** In one of so many rounds in which the limit stays and binds, it is a quarter higher. */
const probeRounds = 8

/** What a limit follows, at the end of a call that was answered. */
export interface Sample {
  /** By how much the time per token grows with each call that runs, as a part of the time of an idle model. */
  readonly slope: number
  /** The highest over the lowest concurrency at which the time per token was measured. */
  readonly range: number
  /** The least concurrency beyond which more calls have brought no more tokens a second; `Infinity` while none is known. */
  readonly enough: number
  /** The time per token of this call over the least usual one. */
  readonly slowdown: number
  /** How many times slower than usual the model is at present. */
  readonly pace: number
}

/** Decides how many calls may run: the algorithm, apart from all bookkeeping. */
export interface ConcurrencyControl {
  readonly limit: number
  /** Learns from a call that was answered; `bound` tells whether the limit has bound since the last. */
  onSample(sample: Sample, bound: boolean): void
  /** The model said that it has too much to do. */
  onOverload(): void
}

export interface Bounds {
  readonly initial: number
  readonly minimum: number
  readonly maximum: number
}

/**
 * Climbs to the concurrency from which on more calls add little: there a tenth more calls bring less than a `worth`-tenth
 * more tokens a second, or more calls have brought nothing.
 *
 * With a time per token of `a + b n`, throughput is `n / (a + b n)` and its elasticity `a / (a + b n)`, which falls to
 * `worth` at `n = (a / b) (1 / worth - 1)`. Until the slope has been measured over a wide enough range, the limit doubles
 * in each round of calls, as in TCP's slow start; it grows only while it binds.
 */
export class ThroughputClimb implements ConcurrencyControl {
  readonly #bounds: Bounds
  readonly #worth: number
  #rounds = 0
  #limit: number

  constructor(bounds: Bounds, worth = 0.1) {
    this.#bounds = bounds
    this.#worth = worth
    this.#limit = bounds.initial
  }

  get limit(): number {
    return Math.round(this.#limit)
  }

  onSample({ enough, pace, range, slope }: Sample, bound: boolean): void {
    // A limit that does not bind says nothing, whether it is too high or too low.
    if (!bound) return
    const { maximum, minimum } = this.#bounds
    const knee = range < 1.5 ? Infinity : (1 / this.#worth - 1) / slope
    const target = Math.min(maximum, Math.max(minimum, Math.min(knee, enough)))
    if (target > this.#limit) {
      if (pace > busy) return
      this.#limit = Math.min(target, Math.max(this.#limit + 1, this.#limit * 1.25))
    } else {
      this.#limit = Math.max(target, this.#limit * 0.8)
      // What lies above is forgotten or never known unless it is tried now and then.
      if (++this.#rounds % probeRounds === 0 && pace <= busy)
        this.#limit = Math.min(maximum, Math.max(this.#limit + 1, this.#limit * 1.25))
    }
  }

  onOverload(): void {
    this.#limit = Math.max(this.#bounds.minimum, this.#limit * 0.7)
  }
}

/**
 * Follows the ratio of the least time per token to the present one, with room for a queue of the root of the limit
 * (Netflix's Gradient2).
 */
export class Gradient implements ConcurrencyControl {
  readonly #bounds: Bounds
  readonly #tolerance: number
  #limit: number

  constructor(bounds: Bounds, tolerance = 2) {
    this.#bounds = bounds
    this.#tolerance = tolerance
    this.#limit = bounds.initial
  }

  get limit(): number {
    return Math.round(this.#limit)
  }

  onSample({ slowdown }: Sample, bound: boolean): void {
    const { maximum, minimum } = this.#bounds
    const gradient = Math.max(0.5, Math.min(1, this.#tolerance / slowdown))
    const next = this.#limit * gradient + Math.sqrt(this.#limit)
    if (next > this.#limit && !bound) return
    this.#limit = Math.max(minimum, Math.min(maximum, this.#limit + 0.2 * (next - this.#limit)))
  }

  onOverload(): void {
    this.#limit = Math.max(this.#bounds.minimum, this.#limit * 0.7)
  }
}
