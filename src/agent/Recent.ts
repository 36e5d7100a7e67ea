/** Remembers so many things, and forgets those that were not asked for the longest. */
export class Recent<K, A> {
  readonly #most: number
  readonly #things = new Map<K, A>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: K): A | undefined {
    const thing = this.#things.get(key)
    if (thing !== undefined) this.set(key, thing)
    return thing
  }

  set(key: K, thing: A): void {
    this.#things.delete(key)
    this.#things.set(key, thing)
    // A map keeps the order in which its keys came.
    for (const [oldest] of this.#things) {
      if (this.#things.size <= this.#most) return
      this.#things.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#things.delete(key)
  }
}
