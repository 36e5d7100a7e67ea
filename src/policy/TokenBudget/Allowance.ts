/** Units that come back at a steady rate, up to a number; the rest of what was reserved is given back later. */
export class Allowance {
  /** Units per minute. */
  #perMinute: number
  /** The most that can be saved up. */
  capacity: number
  #level: number
  #at: number

  constructor(perMinute: number, capacity: number, at: number) {
    this.#perMinute = perMinute
    this.capacity = capacity
    this.#level = capacity
    this.#at = at
  }

  get perMinute(): number {
    return this.#perMinute
  }

  /** Units that can be taken now; negative for a debt. */
  level(at: number): number {
    this.#refill(at)
    return this.#level
  }

  /** Milliseconds until so many units can be taken, if no other call takes any. */
  wait(units: number, at: number): number {
    if (this.#perMinute === Infinity) return 0
    const missing = units - this.level(at)
    return missing <= 1e-9 ? 0 : (missing * 60_000) / this.#perMinute
  }

  take(units: number, at: number): void {
    if (this.#perMinute === Infinity) return
    this.#refill(at)
    this.#level -= units
  }

  /** Gives units back, or takes more if the number is negative: a debt delays the next. */
  giveBack(units: number, at: number): void {
    if (this.#perMinute === Infinity) return
    this.#refill(at)
    this.#level = Math.min(this.capacity, this.#level + units)
  }

  /** Nothing is left. */
  empty(at: number): void {
    this.lower(0, at)
  }

  /** No more is left than so much. */
  lower(units: number, at: number): void {
    this.#refill(at)
    this.#level = Math.min(Math.max(0, units), this.#level)
  }

  setRate(perMinute: number, capacity: number, at: number): void {
    if (this.#perMinute === Infinity) this.#level = capacity
    else this.#refill(at)
    this.#perMinute = perMinute
    this.capacity = capacity
    this.#level = Math.min(capacity, this.#level)
    this.#at = at
  }

  #refill(at: number): void {
    if (this.#perMinute === Infinity || at <= this.#at) return
    this.#level = Math.min(this.capacity, this.#level + ((at - this.#at) * this.#perMinute) / 60_000)
    this.#at = at
  }
}
