interface Node<A> {
  readonly value: A
  readonly weight: number
  size: number
  left: Node<A> | undefined
  right: Node<A> | undefined
}

/**
 * An ordered set that also tells how many of its values come before another one: a treap with sizes.
 *
 * Everything is O(log n). The order given must be strict and total.
 */
export class RankTree<A> {
  #root: Node<A> | undefined
  #seed = 0x9e3779b9
  readonly #before: (a: A, b: A) => boolean

  constructor(before: (a: A, b: A) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#root === undefined ? 0 : this.#root.size
  }

  /** The value that comes before all others. */
  get first(): A | undefined {
    let node = this.#root
    while (node?.left !== undefined) node = node.left
    return node?.value
  }

  /** How many values come before this one, which need not be inside. */
  rank(value: A): number {
    let rank = 0
    let node = this.#root
    while (node !== undefined) {
      if (this.#before(node.value, value)) {
        rank += 1 + sizeOf(node.left)
        node = node.right
      } else {
        node = node.left
      }
    }
    return rank
  }

  add(value: A): void {
    // A xorshift step: the weights need to be spread, not unpredictable.
    this.#seed ^= this.#seed << 13
    this.#seed ^= this.#seed >>> 17
    this.#seed ^= this.#seed << 5
    this.#root = this.#insert(this.#root, { value, weight: this.#seed, size: 1, left: undefined, right: undefined })
  }

  /** Takes a value out that is inside. */
  remove(value: A): void {
    this.#root = this.#without(this.#root, value)
  }

  #insert(node: Node<A> | undefined, added: Node<A>): Node<A> {
    if (node === undefined) return added
    if (added.weight > node.weight) {
      this.#split(node, added)
      return sized(added)
    }
    if (this.#before(added.value, node.value)) node.left = this.#insert(node.left, added)
    else node.right = this.#insert(node.right, added)
    node.size++
    return node
  }

  /** Hangs what comes before `at` on its left and the rest on its right. */
  #split(node: Node<A> | undefined, at: Node<A>): void {
    if (node === undefined) {
      at.left = undefined
      at.right = undefined
    } else if (this.#before(node.value, at.value)) {
      this.#split(node.right, at)
      node.right = at.left
      at.left = sized(node)
    } else {
      this.#split(node.left, at)
      node.left = at.right
      at.right = sized(node)
    }
  }

  #without(node: Node<A> | undefined, value: A): Node<A> | undefined {
    if (node === undefined) return undefined
    if (node.value === value) {
      const { left, right } = node
      // As in a `Fifo`: what is out must not hold on to what is inside.
      node.left = undefined
      node.right = undefined
      return merged(left, right)
    }
    if (this.#before(value, node.value)) node.left = this.#without(node.left, value)
    else node.right = this.#without(node.right, value)
    return sized(node)
  }
}

const sizeOf = <A>(node: Node<A> | undefined): number => (node === undefined ? 0 : node.size)

const sized = <A>(node: Node<A>): Node<A> => {
  node.size = 1 + sizeOf(node.left) + sizeOf(node.right)
  return node
}

const merged = <A>(left: Node<A> | undefined, right: Node<A> | undefined): Node<A> | undefined => {
  if (left === undefined) return right
  if (right === undefined) return left
  if (left.weight > right.weight) {
    left.right = merged(left.right, right)
    return sized(left)
  }
  right.left = merged(left, right.left)
  return sized(right)
}
