/** A binary heap: the item of the highest rank comes first. */
export class Heap<A> {
  readonly #items: Array<[item: A, rank: number]> = []

  push(item: A, rank: number): void {
    const items = this.#items
    let at = items.length
    items.push([item, rank])
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]![1] >= rank) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = [item, rank]
  }

  pop(): readonly [item: A, rank: number] | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (top === undefined || last === undefined || items.length === 0) return top
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && items[child + 1]![1] > items[child]![1]) child++
      if (items[child]![1] <= last[1]) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
    return top
  }
}
