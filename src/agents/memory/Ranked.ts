/**
 * Gives items by their scores, best first; of equal ones that which stands first.
 *
 * The items are kept in a heap, so that those nobody asks for are never sorted.
 */
export function* ranked<A>(items: ReadonlyArray<A>, scores: ReadonlyArray<number>): Generator<A, void> {
  const heap = Uint32Array.from(items.keys())
  const before = (a: number, b: number) => scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b)
  /** Lets an item sink until none beneath it comes before it. */
  const sink = (item: number, from: number, size: number) => {
    let at = from
    for (;;) {
      let next = 2 * at + 1
      if (next >= size) break
      if (next + 1 < size && before(heap[next + 1]!, heap[next]!)) next++
      if (!before(heap[next]!, item)) break
      heap[at] = heap[next]!
      at = next
    }
    heap[at] = item
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(heap[at]!, at, heap.length)
  for (let size = heap.length; size > 0; size--) {
    const best = heap[0]!
    sink(heap[size - 1]!, 0, size - 1)
    yield items[best]!
  }
}
