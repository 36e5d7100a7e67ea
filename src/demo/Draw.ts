import type { Random } from "effect/Random"

/** Draws the particulars of jobs at random. */
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

/** Rounded to six decimals, without the errors of binary fractions. */
export const rounded = (value: number): number => Number(value.toFixed(6))

/** Rules of the jobs that no task states: only a rejection reveals them. */
export interface Rules {
  /** On invoices, so many of one item cost so many percent less. */
  readonly bulk: { readonly from: number; readonly percent: number }
  /** The fee of each shipment. */
  readonly fee: number
  /** How many percent offers from abroad cost more. */
  readonly customs: number
  /** Kilometres of a mile on the maps. */
  readonly mile: number
  /** The hour of the midday rest, which appointments leave free. */
  readonly rest: number
}

/** Draws the rules of a run. */
export const rulesOf = (draw: Draw): Rules => ({
  bulk: { from: draw.int(6, 9), percent: draw.step(10, 20, 5) },
  fee: draw.int(2, 5),
  customs: draw.step(20, 30, 5),
  mile: draw.step(1.5, 1.9, 0.1),
  rest: draw.int(11, 13)
})
