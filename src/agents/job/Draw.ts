import type { Random } from "effect/Random"

/** Draws the particulars of jobs. */
export class Draw {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** A whole number, both bounds included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.#random.nextDoubleUnsafe() * (most - least + 1))
  }

  /** A multiple of a step, both bounds included. */
  step(least: number, most: number, step: number): number {
    return rounded(least + step * this.int(0, Math.floor((most - least) / step + 1e-9)))
  }

  chance(share: number): boolean {
    return this.#random.nextDoubleUnsafe() < share
  }

  one<A>(items: ReadonlyArray<A>): A {
    return items[this.int(0, items.length - 1)]!
  }

  /** So many different items, in random order. */
  some<A>(items: ReadonlyArray<A>, count: number): ReadonlyArray<A> {
    const left = [...items]
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.int(0, left.length - 1), 1)[0]!)
  }
}

/** Without the dust that binary fractions leave. */
export const rounded = (value: number): number => Number(value.toFixed(6))
