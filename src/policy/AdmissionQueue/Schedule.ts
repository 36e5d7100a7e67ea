/** A call that waits for the model, as the schedule sees it. */
export interface Job {
  /** Lower goes first, whatever the rest says. */
  readonly tier: number
  /** How long it takes up the gate, in milliseconds. */
  readonly cost: number
  /** When it must start to end in time. */
  readonly latestStart: number
  readonly arrivedAt: number
}

/** Lower tiers first; among equals the one that must start first. */
export const byLatestStart = (a: Job, b: Job): number =>
  a.tier - b.tier || a.latestStart - b.latestStart || a.arrivedAt - b.arrivedAt

/** Whether all jobs start in time in the order of `byLatestStart`, if the gate is taken up for `backlog` milliseconds. */
export const allInTime = (jobs: Array<Job>, backlog: number, at: number): boolean => {
  jobs.sort(byLatestStart)
  let start = at + backlog
  for (const job of jobs) {
    if (start > job.latestStart) return false
    start += job.cost
  }
  return true
}

/** A member of an order of costs. */
export interface Placed {
  /** Its place in the order; 0 if it has none. */
  place: number
  /** What it counts for there. */
  placedCost: number
}

/**
 * Sums the costs of all that go before another, in an order that is sorted now and then.
 *
 * Those that come in between share a place between two of the order, so that each change takes O(log n) (Fenwick, 1994).
 */
export class CostAhead<A extends Placed> {
  readonly #compare: (a: A, b: A) => number
  #sorted: ReadonlyArray<A> = []
  #sums = new Float64Array(2)

  constructor(compare: (a: A, b: A) => number) {
    this.#compare = compare
  }

  /** Begins anew with members that are sorted and have their `placedCost`. */
  reset(sorted: ReadonlyArray<A>): void {
    this.#sorted = sorted
    this.#sums = new Float64Array(2 * sorted.length + 2)
    for (const [index, member] of sorted.entries()) {
      member.place = 2 * index + 2
      this.#add(member.place, member.placedCost)
    }
  }

  /** The cost of all that go before one that comes now, whose place it finds. */
  ahead(member: A): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(this.#sorted[middle]!, member) <= 0) low = middle + 1
      else high = middle
    }
    member.place = 2 * low + 1
    let sum = 0
    for (let place = member.place; place > 0; place -= place & -place) sum += this.#sums[place]!
    return sum
  }

  add(member: A): void {
    this.#add(member.place, member.placedCost)
  }

  remove(member: A): void {
    if (member.place > 0) this.#add(member.place, -member.placedCost)
    member.place = 0
  }

  #add(place: number, cost: number): void {
    const sums = this.#sums
    for (; place < sums.length; place += place & -place) sums[place]! += cost
  }
}
