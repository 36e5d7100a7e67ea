/** A model that is slower than usual by more than this does something else, too: more calls would make it worse. */
const busy = 1.25
/** In one of so many rounds in which the limit stays and binds, it is a quarter higher. */
const probeRounds = 8
/** The elasticity of throughput at which more calls are no longer worth it: where calls have time, and where they do not. */
const worth = { leisure: 0.1, hurry: 0.15 }
/** Calls are in a hurry if they take this part of the time that they have. */
const hurried = 0.2
/** How many times the least time per token the present one may be. */
const tolerance = 2

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
  /** The part of the time that they have which calls take, on average. */
  readonly hurry: number
}

export interface Bounds {
  readonly initial: number
  readonly minimum: number
  readonly maximum: number
}

/** Decides how many calls may run: the algorithm, apart from all bookkeeping. */
export abstract class ConcurrencyControl {
  protected readonly bounds: Bounds
  /** The limit before it is rounded. */
  protected exact: number

  constructor(bounds: Bounds) {
    this.bounds = bounds
    this.exact = bounds.initial
  }

  get limit(): number {
    return Math.round(this.exact)
  }

  /** Learns from a call that was answered; `bound` tells whether the limit has bound since the last. */
  abstract onSample(sample: Sample, bound: boolean): void

  /** The model said that it has too much to do. */
  onOverload(): void {
    this.exact = Math.max(this.bounds.minimum, this.exact * 0.7)
  }
}

/**
 * Climbs to the concurrency from which on more calls add little: there a tenth more calls bring less than a hundredth
 * more tokens a second, or more calls have brought nothing. Where calls take a good part of the time that they have, more
 * at once would make each of them late: there they must bring one and a half hundredths.
 *
 * With a time per token of `a + b n`, throughput is `n / (a + b n)` and its elasticity `a / (a + b n)`, which falls to
 * `worth` at `n = (a / b) (1 / worth - 1)`. Until the slope has been measured over a wide enough range, the limit doubles
 * in each round of calls, as in TCP's slow start; it grows only while it binds.
 */
export class ThroughputClimb extends ConcurrencyControl {
  #rounds = 0

  override onSample({ enough, hurry, pace, range, slope }: Sample, bound: boolean): void {
    // A limit that does not bind says nothing, whether it is too high or too low.
    if (!bound) return
    const { maximum, minimum } = this.bounds
    const least = worth.leisure + Math.min(1, hurry / hurried) * (worth.hurry - worth.leisure)
    const knee = range < 1.5 ? Infinity : (1 / least - 1) / slope
    const target = Math.min(maximum, Math.max(minimum, Math.min(knee, enough)))
    if (target > this.exact) {
      if (pace > busy) return
      this.exact = Math.min(target, Math.max(this.exact + 1, this.exact * 1.25))
    } else {
      this.exact = Math.max(target, this.exact * 0.8)
      // What lies above is forgotten or never known unless it is tried now and then.
      if (++this.#rounds % probeRounds === 0 && pace <= busy)
        this.exact = Math.min(maximum, Math.max(this.exact + 1, this.exact * 1.25))
    }
  }
}

/**
 * Follows the ratio of the least time per token to the present one, with room for a queue of the root of the limit
 * (Netflix's Gradient2).
 */
export class Gradient extends ConcurrencyControl {
  override onSample({ slowdown }: Sample, bound: boolean): void {
    const { maximum, minimum } = this.bounds
    const gradient = Math.max(0.5, Math.min(1, tolerance / slowdown))
    const next = this.exact * gradient + Math.sqrt(this.exact)
    if (next > this.exact && !bound) return
    this.exact = Math.max(minimum, Math.min(maximum, this.exact + 0.2 * (next - this.exact)))
  }
}
