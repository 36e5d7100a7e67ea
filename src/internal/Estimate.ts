// Below this weight a new sample hardly moves the mean: about the last twenty count.
const gain = 0.05

/** A moving mean with its mean deviation, as TCP keeps them for round trips (RFC 6298). */
export class Estimate {
  #mean = 0
  #deviation = 0
  #samples = 0

  get mean(): number {
    return this.#mean
  }

  add(sample: number): void {
    const weight = Math.max(gain, 1 / ++this.#samples)
    this.#deviation += weight * (Math.abs(sample - this.#mean) - this.#deviation)
    // The first sample is no deviation from anything.
    if (this.#samples === 1) this.#deviation = 0
    this.#mean += weight * (sample - this.#mean)
  }

  /** What the sum of so many samples is unlikely to exceed: their mean and two deviations. */
  likely(samples: number): number {
    return samples * this.#mean + 2 * Math.sqrt(samples) * this.#deviation
  }
}
