// About the last twenty samples count.
const gain = 0.05

/** An exponentially weighted mean and mean deviation, as TCP keeps for round trips (RFC 6298). */
export class Ewma {
  mean: number
  #deviation = 0
  #samples: number

  /** Begins with a mean that is worth so many samples. */
  constructor(mean = 0, samples = 0) {
    this.mean = mean
    this.#samples = samples
  }

  add(sample: number): void {
    const weight = Math.max(gain, 1 / ++this.#samples)
    this.#deviation += weight * (Math.abs(sample - this.mean) - this.#deviation)
    // The first sample is no deviation from anything.
    if (this.#samples === 1) this.#deviation = 0
    this.mean += weight * (sample - this.mean)
  }

  /** By how much the sum of so many samples may differ from its mean: four mean deviations (K = 4 in RFC 6298), about three sigma. */
  spread(samples: number): number {
    return 4 * Math.sqrt(samples) * this.#deviation
  }
}
