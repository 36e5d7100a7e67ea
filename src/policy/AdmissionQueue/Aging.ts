/**
 * Lets calls rise by a level for each step of time that they wait.
 *
 * Calls age among priorities, not among callers of one priority: a call that goes before those of its priority has the
 * level of the oldest of them, or a flood of old calls would hold up the callers who ask for little.
 */
export class Aging {
  readonly #step: number
  /** The steps that the oldest waiting call of a priority has risen. */
  readonly #oldest = new Map<number, number>()

  /** Milliseconds of a step; `Infinity` for no aging. */
  constructor(step: number) {
    this.#step = step
  }

  /** Forgets the calls that were noted. */
  clear(): void {
    this.#oldest.clear()
  }

  /** Notes a call that has waited for so long. */
  note(priority: number, waited: number): void {
    const steps = this.#steps(waited)
    if (steps > (this.#oldest.get(priority) ?? 0)) this.#oldest.set(priority, steps)
  }

  /** The level of a call; `isFirst` tells whether it goes before others of its priority. */
  level(priority: number, waited: number, isFirst: boolean): number {
    const steps = this.#steps(waited)
    return Math.max(0, priority - (isFirst ? Math.max(steps, this.#oldest.get(priority) ?? 0) : steps))
  }

  #steps(waited: number): number {
    return this.#step === Infinity ? 0 : Math.floor(waited / this.#step)
  }
}
