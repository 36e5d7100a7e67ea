/**
 * The least code that does the job: a bounded line, a limit on how many run, a breaker, a timeout, and an abort that reaches the work.
 *
 * It has no order but arrival, no figures, no retries, and leaks nothing only if the work settles.
 */
export class Floor {
  readonly #permits: number
  readonly #capacity: number
  readonly #line: Array<() => void> = []
  #running = 0
  #failures = 0
  #openUntil = 0

  constructor(permits: number, capacity: number) {
    this.#permits = permits
    this.#capacity = capacity
  }

  async run<A>(work: (signal: AbortSignal) => Promise<A>): Promise<A> {
    if (this.#failures >= 5 && performance.now() < this.#openUntil) throw new Error("open")
    if (this.#running >= this.#permits) {
      if (this.#line.length >= this.#capacity) throw new Error("full")
      await new Promise<void>((resolve) => this.#line.push(resolve))
    } else {
      this.#running++
    }
    const controller = new AbortController()
    const timer = setTimeout(() => controller.abort(), 60_000)
    try {
      const answer = await work(controller.signal)
      this.#failures = 0
      return answer
    } catch (error) {
      if (++this.#failures >= 5) this.#openUntil = performance.now() + 30_000
      throw error
    } finally {
      clearTimeout(timer)
      const next = this.#line.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
