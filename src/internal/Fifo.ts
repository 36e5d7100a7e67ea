export interface Link<A> {
  readonly value: A
  before: Link<A> | undefined
  after: Link<A> | undefined
}

/**
 * A line whose first is known and from which any may leave, both in O(1).
 *
 * A `Set` would keep the order too, but finds its first only behind the holes of all who left before it.
 */
export class Fifo<A> {
  #first: Link<A> | undefined
  #last: Link<A> | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): A | undefined {
    return this.#first?.value
  }

  /** Puts a value at the end; the link is what `remove` wants. */
  add(value: A): Link<A> {
    const link: Link<A> = { value, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = link
    else this.#last.after = link
    this.#last = link
    this.#size++
    return link
  }

  /** Takes a link out that is inside. */
  remove(link: Link<A>): void {
    const { after, before } = link
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    this.#size--
    // An old link that held on to its neighbours would keep all who came later from being collected young.
    link.after = undefined
    link.before = undefined
  }

  *[Symbol.iterator](): Generator<A> {
    for (let link = this.#first; link !== undefined; link = link.after) yield link.value
  }
}
