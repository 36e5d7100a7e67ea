import { Fifo, type Linked } from "../../engine/Fifo.ts"

/** A claim that holds permits or waits for them. */
export interface Waiter extends Linked<Waiter> {
  readonly permits: number
  held: boolean
  /** Called when the permits are held: the claim may go on. */
  wake(): void
}

/** Counted permits, handed out strictly in the order of asking: narrow claims never overtake a wide one. */
export class FifoSemaphore {
  readonly #waiting = new Fifo<Waiter>()
  #taken = 0
  total: number

  constructor(total: number) {
    this.total = total
  }

  /** Takes the permits, or waits for them in line; returns whether they were taken. `release` ends either. */
  take(waiter: Waiter): boolean {
    if (this.#waiting.size > 0 || !this.#fits(waiter)) {
      this.#waiting.add(waiter)
      return false
    }
    this.#hold(waiter)
    return true
  }

  /** Gives the permits back, or leaves the line. */
  release(waiter: Waiter): void {
    if (waiter.held) {
      waiter.held = false
      this.#taken -= waiter.permits
    } else {
      this.#waiting.remove(waiter)
    }
    this.#wake()
  }

  /** Changes the number of permits. Held ones stay held; waiters that can never fit are handed to `refuse`. */
  resize(total: number, refuse: (waiter: Waiter) => void): void {
    this.total = total
    for (const waiter of this.#waiting) if (waiter.permits > total) refuse(waiter)
    this.#wake()
  }

  #fits(waiter: Waiter): boolean {
    return this.#taken + waiter.permits <= this.total
  }

  #hold(waiter: Waiter): void {
    waiter.held = true
    this.#taken += waiter.permits
  }

  #wake(): void {
    for (let first = this.#waiting.first; first !== undefined && this.#fits(first); first = this.#waiting.first) {
      this.#waiting.remove(first)
      this.#hold(first)
      first.wake()
    }
  }
}
