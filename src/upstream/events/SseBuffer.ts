import type { Piece } from "./SseSplitter.ts"

/** Puts parts together; those that follow each other in memory are not copied. */
const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const [first] = parts
  if (first === undefined || parts.length === 1) return first ?? new Uint8Array()
  let end = first.byteOffset
  for (const { buffer, byteOffset, length } of parts) {
    if (buffer !== first.buffer || byteOffset !== end) return Buffer.concat(parts)
    end += length
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset)
}

/** Gathers the pieces of an answer that are handed on together; until an event is whole, bits of one are held back. */
export class SseBuffer {
  #ready: Array<Uint8Array> = []
  #held: Array<Uint8Array> = []
  #begun = false
  #hasEvent = false

  /** Adds a piece; an event that only reports an error is no part of an answer. */
  add({ bytes }: Piece, kind: Piece["kind"], isPart = true): void {
    if (kind === "event") {
      this.#begun = true
      this.#hasEvent ||= isPart
    }
    if (kind === "fragment" && !this.#begun) return void this.#held.push(bytes)
    if (this.#held.length > 0) this.release()
    this.#ready.push(bytes)
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

  /** Whether an event has become whole with what may be handed on. */
  get hasEvent(): boolean {
    return this.#hasEvent
  }

  /** Takes out what may be handed on. */
  take(): Uint8Array {
    const part = joined(this.#ready)
    this.#ready = []
    this.#hasEvent = false
    return part
  }
}
