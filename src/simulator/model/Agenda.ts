/** Items in the order of a number each; equal ones in the order they came. */
export class Agenda<A> {
  // Latest first, so that the next one is taken off the end. A sorted array is enough: inserting moves memory, but compares little.
  readonly #items: Array<{ readonly at: number; readonly item: A }> = []
  readonly #places = new Map<A, number>()

  get first(): A | undefined {
    return this.#items.at(-1)?.item
  }

  /** Puts an item at a number, instead of where it was. */
  put(item: A, at: number): void {
    this.remove(item)
    this.#items.splice(this.#search(at), 0, { at, item })
    this.#places.set(item, at)
  }

  remove(item: A): void {
    const at = this.#places.get(item)
    if (at === undefined) return
    this.#places.delete(item)
    let index = this.#search(at)
    while (this.#items[index]?.item !== item) index++
    this.#items.splice(index, 1)
  }

  // The first index whose number is not above `at`.
  #search(at: number): number {
    let low = 0
    let high = this.#items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#items[middle]!.at > at) low = middle + 1
      else high = middle
    }
    return low
  }
}
