/** Draws from a seed: the same seed, the same draws. */
export class Draw {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** The draws of one case out of many, which do not depend on those of the others. */
  static case(seed: number, index: number): Draw {
    const draw = new Draw(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
    draw.share()
    return draw
  }

  /** From 0 to less than 1 (mulberry32). */
  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to less than `count`. */
  below(count: number): number {
    return Math.floor(this.share() * count)
  }

  chance(share: number): boolean {
    return this.share() < share
  }

  of<A>(choices: ReadonlyArray<A>): A {
    return choices[this.below(choices.length)]!
  }

  /** Bytes cut at random places, into at most `most` parts. */
  cuts(bytes: Buffer, most = 6): ReadonlyArray<Buffer> {
    const places = Array.from({ length: this.below(most) }, () => this.below(bytes.length + 1)).sort((a, b) => a - b)
    return [0, ...places]
      .map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
      .filter(({ length }) => length > 0)
  }
}
