import { Fifo, type Link } from "./Fifo.ts"
import { RankTree } from "./RankTree.ts"

/** One who waits on a level: by tag, then by arrival. */
export interface Placed {
  readonly tag: number
  readonly order: number
  level: number
  /** When it came to this level. */
  since: number
  link: Link<Placed> | undefined
}

interface Level<A extends Placed> {
  readonly index: number
  readonly byTag: RankTree<A>
  /** By the time they came to this level, which is the order in which they leave it for the next. */
  readonly byAge: Fifo<Placed>
}

const before = (a: Placed, b: Placed) => (a.tag === b.tag ? a.order < b.order : a.tag < b.tag)

/** Levels of urgency, 0 the most urgent; whoever has waited for a step on one level moves up to the next. */
export class Levels<A extends Placed> {
  // Few, so that a plain array sorted by index serves best.
  readonly #levels: Array<Level<A>> = []
  readonly #step: number
  /** Nobody moves up before this moment. */
  #due = Infinity

  constructor(step: number) {
    this.#step = step
  }

  add(placed: A, level: number, since: number): void {
    placed.level = level
    placed.since = since
    const { byAge, byTag } = this.#level(level)
    byTag.add(placed)
    if (level > 0 && this.#step !== Infinity) {
      placed.link = byAge.add(placed)
      if (since + this.#step < this.#due) this.#due = since + this.#step
    }
  }

  remove(placed: A): void {
    const at = this.#levels.findIndex(({ index }) => index === placed.level)
    const { byAge, byTag } = this.#levels[at]!
    byTag.remove(placed)
    if (placed.link !== undefined) byAge.remove(placed.link)
    placed.link = undefined
    if (byTag.size === 0) this.#levels.splice(at, 1)
  }

  /** Takes out whoever is next. */
  shift(): A | undefined {
    const next = this.#levels[0]?.byTag.first
    if (next !== undefined) this.remove(next)
    return next
  }

  /** How many would go before a newcomer with this tag on this level. */
  ahead(newcomer: Placed): number {
    let ahead = 0
    for (const { byTag, index } of this.#levels) {
      if (index < newcomer.level) ahead += byTag.size
      else if (index === newcomer.level) ahead += byTag.rank(newcomer as A)
    }
    return ahead
  }

  /** Moves everybody up whose time has come. To be called before each arrival, so that `byAge` stays in order. */
  age(now: number): void {
    if (now < this.#due) return
    this.#due = Infinity
    // From the least urgent level on, so that one who waited for several steps moves up several levels.
    for (let level = this.#levels.at(-1); level !== undefined && level.index > 0; level = this.#below(level.index)) {
      this.#promote(level, now)
    }
    for (const { byAge } of this.#levels) if (byAge.first !== undefined) this.#due = Math.min(this.#due, byAge.first.since + this.#step)
  }

  #promote({ byAge, index }: Level<A>, now: number): void {
    let first = byAge.first
    while (first !== undefined && first.since + this.#step <= now) {
      const { since } = first
      this.remove(first as A)
      this.add(first as A, index - 1, since + this.#step)
      first = byAge.first
    }
  }

  #below(index: number): Level<A> | undefined {
    return this.#levels.findLast((level) => level.index < index)
  }

  #level(index: number): Level<A> {
    let at = 0
    while (at < this.#levels.length && this.#levels[at]!.index < index) at++
    const found = this.#levels[at]
    if (found?.index === index) return found
    const level = { index, byTag: new RankTree<A>(before), byAge: new Fifo<Placed>() }
    this.#levels.splice(at, 0, level)
    return level
  }
}
