const kept = 256
/** With fewer durations a percentile says little. */
const fewest = 20
/** The percentile is taken anew after so many durations. */
const every = 32
/** The least percentile, in milliseconds: a model that answers at once, as a mock does, need not be asked again. */
const least = 1

/** A percentile of the durations of the last attempts. */
export class Durations {
  readonly #percentile: number
  readonly #last = new Float64Array(kept)
  #count = 0
  #value: number | undefined = undefined

  constructor(percentile: number) {
    this.#percentile = percentile
  }

  /** The percentile, a millisecond at least; `undefined` while too few are known. */
  get value(): number | undefined {
    return this.#value
  }

  add(millis: number): void {
    this.#last[this.#count++ % kept] = millis
    if (this.#count !== fewest && this.#count % every !== 0) return
    const sorted = this.#last.slice(0, Math.min(this.#count, kept)).sort()
    if (sorted.length < fewest) return
    this.#value = Math.max(least, sorted[Math.ceil(sorted.length * this.#percentile) - 1]!)
  }
}
