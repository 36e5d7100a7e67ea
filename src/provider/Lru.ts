/** Remembers the last names that were seen, and forgets those before. */
export class Lru {
  readonly #names = new Set<string>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** Whether a name is remembered, which is then the last one that was seen. */
  has(name: string): boolean {
    if (!this.#names.delete(name)) return false
    this.#names.add(name)
    return true
  }

  add(name: string): void {
    this.#names.delete(name)
    this.#names.add(name)
    const [oldest] = this.#names
    if (this.#names.size > this.#most) this.#names.delete(oldest!)
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }
}
