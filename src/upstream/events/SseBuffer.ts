import type { Piece } from "./SseSplitter.ts"

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => (parts.length === 1 ? parts[0]! : Buffer.concat(parts))

/** Gathers the pieces of an answer that are handed on together; until an event is whole, bits of one are held back. */
export class SseBuffer {
  readonly #withEvent = new WeakSet<Uint8Array>()
  #ready: Array<Uint8Array> = []
  #held: Array<Uint8Array> = []
  #begun = false
  #hasEvent = false

  /** Adds a piece; an event that only reports an error is no part of an answer. */
  add({ bytes, kind }: Piece, isPart = true): void {
    if (kind === "event") {
      this.#begun = true
      this.#hasEvent ||= isPart
    }
    this.#held.push(bytes)
    if (kind !== "fragment" || this.#begun) this.release()
  }

  /** Lets what is held back be handed on too. */
  release(): void {
    this.#ready.push(...this.#held)
    this.#held = []
  }

  /** The pieces that may be handed on. */
  get size(): number {
    return this.#ready.length
  }

  /** The bytes that are held back. */
  get held(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0)
  }

  /** Takes out what may be handed on. */
  take(): Uint8Array {
    const part = joined(this.#ready)
    if (this.#hasEvent) this.#withEvent.add(part)
    this.#ready = []
    this.#hasEvent = false
    return part
  }

  /** Whether an event has become whole with what was taken out. */
  hasEvent(part: Uint8Array): boolean {
    return this.#withEvent.has(part)
  }
}
