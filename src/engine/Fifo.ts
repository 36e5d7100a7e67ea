/** A member of a linked list. */
export interface Linked<A> {
  previous: A | undefined
  next: A | undefined
}

/**
 * A queue as a doubly linked list: any member leaves in O(1).
 *
 * A `Set` keeps the order too, but finds its first member only behind the holes of all that left before it.
 */
export class Fifo<A extends Linked<A>> {
  last: A | undefined
  first: A | undefined
  size = 0

  /** Puts an item at the end. */
  add(item: A): void {
    item.previous = this.last
    if (this.last === undefined) this.first = item
    else this.last.next = item
    this.last = item
    this.size++
  }

  /** Takes an item out, unless it is no member; returns whether it was one. */
  remove(item: A): boolean {
    const { next, previous } = item
    if (previous === undefined && this.first !== item) return false
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    this.size--
    // A promoted item that kept its pointers would keep later items alive until a major garbage collection.
    item.next = undefined
    item.previous = undefined
    return true
  }

  *[Symbol.iterator](): Generator<A> {
    for (let item = this.first; item !== undefined; item = item.next) yield item
  }
}
