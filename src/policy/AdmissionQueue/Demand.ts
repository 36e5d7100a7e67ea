const binsPerOctave = 4
const most = 128
/** Less time, in milliseconds, tells no rate: calls that come together at first are no overload. */
const shortest = 10_000

/** The bin of a cost in milliseconds; hundredths of one tell apart what they can. */
const binOf = (cost: number): number =>
  Math.min(most - 1, Math.max(0, Math.round(binsPerOctave * Math.log2(100 * cost + 1))))

/** Measures how much of the gate's time is asked for, by the cost of the calls, and how much is served: exponentially decayed sums. */
export class Demand {
  readonly #window: number
  readonly #bins = new Float64Array(most)
  #served = NaN
  #at = -Infinity
  #since = NaN

  /** `window` is the time constant, in milliseconds. */
  constructor(window = 60_000) {
    this.#window = window
  }

  add(cost: number, at: number): void {
    this.#decay(at)
    this.#bins[binOf(cost)]! += cost
  }

  /** Notes a call that was answered. */
  serve(cost: number, at: number): void {
    this.#decay(at)
    this.#served += cost
  }

  /**
   * The part of the gate's time that calls of a lower cost leave free, if it does `hope` times what is
   * predicted of it, or what it has done.
   */
  free(cost: number, hope: number, at: number): number {
    this.#decay(at)
    let sum = 0
    const end = binOf(cost)
    for (let bin = 0; bin < end; bin++) sum += this.#bins[bin]!
    // Half of its own kind come before it.
    sum += this.#bins[end]! / 2
    // The window has not been full from the beginning.
    const filled = 1 - Math.exp(-Math.max(shortest, at - this.#since) / this.#window)
    return hope * Math.max(1, this.#served / (this.#window * filled)) - sum / (this.#window * filled)
  }

  #decay(at: number): void {
    if (this.#at === -Infinity) {
      this.#since = at
      this.#served = 0
    }
    // In steps: to decay at each arrival would cost more than the rest.
    if (at - this.#at < this.#window / 64) return
    const factor = Math.exp(-(at - this.#at) / this.#window)
    for (let bin = 0; bin < most; bin++) this.#bins[bin]! *= factor
    this.#served *= factor
    this.#at = at
  }
}
