/** What a plan must still be told: needles that stand near each other, and the superseded versions that must not. */
export interface Gold {
  readonly id: string
  readonly why: "asked" | "rule"
  readonly importance: number
  readonly family: string
  readonly need: ReadonlyArray<string | ReadonlyArray<string>>
  readonly span: number
  readonly stale: ReadonlyArray<ReadonlyArray<string | ReadonlyArray<string>>>
  readonly superseded: boolean
}

/** One stream of memories with the plans made at its end, in the judge's format. */
export interface Stream {
  readonly stream: string
  readonly domain: string
  readonly length: number
  readonly agent: string
  readonly now: string
  readonly memories: ReadonlyArray<{
    readonly id: string
    readonly at: string
    readonly kind: string
    readonly importance: number
    readonly text: string
  }>
  readonly situations: ReadonlyArray<{
    readonly id: string
    readonly at: string
    readonly kind: string
    readonly agent: string
    readonly text: string
    readonly gold: ReadonlyArray<Gold>
  }>
}

/** Draws from a seeded sequence (mulberry32). */
export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(share: number): boolean {
    return this.next() < share
  }

  one<A>(list: ReadonlyArray<A>): A {
    return list[Math.floor(this.next() * list.length)]!
  }

  shuffled<A>(list: ReadonlyArray<A>): Array<A> {
    return list
      .map((item) => ({ item, key: this.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item)
  }
}
