// About the last twenty samples count.
const gain = 0.05

/** An exponentially weighted mean and mean deviation, as TCP keeps for round trips (RFC 6298). */
export class Ewma {
  mean = 0
  #deviation = 0
  #samples = 0

  add(sample: number): void {
    const weight = Math.max(gain, 1 / ++this.#samples)
    this.#deviation += weight * (Math.abs(sample - this.mean) - this.#deviation)
    // The first sample is no deviation from anything.
    if (this.#samples === 1) this.#deviation = 0
    this.mean += weight * (sample - this.mean)
  }

  /** By how much the sum of so many samples may well differ from its mean: two deviations. */
  spread(samples: number): number {
    return 2 * Math.sqrt(samples) * this.#deviation
  }
}
