/** A member of a heap. */
export interface Ranked {
  heapIndex: number
}

/** A binary heap with O(1) access to its first member. Any member is added, moved and removed in O(log n). */
export class Heap<A extends Ranked> {
  readonly #items: Array<A> = []
  readonly #before: (a: A, b: A) => boolean

  constructor(before: (a: A, b: A) => boolean) {
    this.#before = before
  }

  get first(): A | undefined {
    return this.#items[0]
  }

  add(item: A): void {
    item.heapIndex = this.#items.push(item) - 1
    this.#up(item)
  }

  /** Moves a member to its place after its rank has changed. */
  update(item: A): void {
    this.#up(item)
    this.#down(item)
  }

  /** Takes a member out. */
  remove(item: A): void {
    const last = this.#items.pop()!
    if (last === item) return
    this.#put(last, item.heapIndex)
    this.update(last)
  }

  #put(item: A, index: number): void {
    this.#items[index] = item
    item.heapIndex = index
  }

  #up(item: A): void {
    for (let index = item.heapIndex; index > 0;) {
      const parent = this.#items[(index - 1) >> 1]!
      if (!this.#before(item, parent)) return
      index = parent.heapIndex
      this.#put(parent, item.heapIndex)
      this.#put(item, index)
    }
  }

  #down(item: A): void {
    for (;;) {
      const left = this.#items[2 * item.heapIndex + 1]
      const right = this.#items[2 * item.heapIndex + 2]
      const child = right !== undefined && this.#before(right, left!) ? right : left
      if (child === undefined || !this.#before(child, item)) return
      const index = child.heapIndex
      this.#put(child, item.heapIndex)
      this.#put(item, index)
    }
  }
}
