const binsPerOctave = 4
const most = 128

const binOf = (work: number): number => Math.min(most - 1, Math.max(0, Math.round(binsPerOctave * Math.log2(work + 1))))

/** Measures how much of the gate's time is asked for, by the work of the calls: an exponentially decayed histogram. */
export class Demand {
  readonly #window: number
  readonly #bins = new Float64Array(most)
  #at = -Infinity
  #since = NaN

  /** `window` is the time constant, in milliseconds. */
  constructor(window: number) {
    this.#window = window
  }

  add(work: number, cost: number, at: number): void {
    this.#decay(at)
    this.#bins[binOf(work)]! += cost
  }

  /** The part of the gate's time that is asked for by calls of less work than this one. */
  below(work: number, at: number): number {
    this.#decay(at)
    let sum = 0
    const end = binOf(work)
    for (let bin = 0; bin < end; bin++) sum += this.#bins[bin]!
    // Half of its own kind come before it.
    sum += this.#bins[end]! / 2
    // The window has not been full from the beginning.
    const filled = 1 - Math.exp(-Math.max(1, at - this.#since) / this.#window)
    return sum / (this.#window * filled)
  }

  #decay(at: number): void {
    if (this.#at === -Infinity) this.#since = at
    // In steps: to decay at each arrival would cost more than the rest.
    if (at - this.#at < this.#window / 64) return
    const factor = Math.exp(-(at - this.#at) / this.#window)
    for (let bin = 0; bin < most; bin++) this.#bins[bin]! *= factor
    this.#at = at
  }
}
