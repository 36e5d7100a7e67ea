// So much a naive context may hold; what is older falls out.
const most = 300

/** Everything that happened, one entry a line. */
export class Stream {
  readonly #entries: Array<string> = []

  add(entry: string): void {
    this.#entries.push(entry.replaceAll("\n", " "))
    if (this.#entries.length > most) this.#entries.shift()
  }

  last(count: number): ReadonlyArray<string> {
    return this.#entries.slice(-count)
  }

  get text(): string {
    return this.#entries.join("\n")
  }
}
