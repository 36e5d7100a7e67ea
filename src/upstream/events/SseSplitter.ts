import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"

/** What one server-sent event says. */
export interface Event {
  readonly name: string | undefined
  readonly data: string
}

/** Bytes that belong together: an event with the blank line that ends it, or something between events. */
export interface Piece {
  readonly bytes: Uint8Array
  /**
   * Whether they are, or end, an event; are what no reader of events would see, such as a comment, a blank line or a
   * block without data; or a bit of what is too long to be kept.
   */
  readonly kind: "event" | "comment" | "fragment"
  /** What the bytes say; `undefined` if they are no event, or one that is too long to be kept. */
  readonly event: Event | undefined
}

const [lf, cr, colon] = [0x0a, 0x0d, 0x3a]

// A response may carry whole images.
const longest = 16 * 2 ** 20

const decoder = new TextDecoder()

/** The value of a field in a line; `undefined` if the line has another field. */
const valueOf = (line: string, field: string): string | undefined => {
  const { length } = field
  if (!line.startsWith(field)) return undefined
  if (line[length] !== ":") return line.length === length ? "" : undefined
  return line.slice(line[length + 1] === " " ? length + 2 : length + 1)
}

// A decoder takes three times as long, and leaves out a byte order mark.
const textOf = (bytes: Uint8Array): string =>
  Buffer.isBuffer(bytes) && bytes[0] !== 0xef ? bytes.toString() : decoder.decode(bytes)

const eventOf = (bytes: Uint8Array): Event | undefined => {
  const text = textOf(bytes)
  const end = text.indexOf("\n")
  // Most events are one line of data.
  if (end === text.length - 2 && text.startsWith("data: ") && text.endsWith("\n") && !text.includes("\r")) {
    return { name: undefined, data: text.slice(6, end) }
  }
  let name: string | undefined
  let data: string | undefined
  for (const line of text.includes("\r") ? text.split(/\r\n|\n|\r/) : text.split("\n")) {
    if (line === "") continue
    const value = valueOf(line, "data")
    if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`
    else name = valueOf(line, "event") ?? name
  }
  // A block without a data line dispatches no event (WHATWG HTML, 9.2.6).
  return data === undefined ? undefined : { name, data }
}

const errorField = /^error: ?(.+)$/m

/**
 * Reads an error that stands in a stream outside of any event; `undefined` if there is none.
 *
 * Some endpoints write it in a field of that name, or as a line of bare JSON. No reader of events sees either.
 */
const strayErrorOf = (bytes: Uint8Array): Event | undefined => {
  const text = decoder.decode(bytes).trim()
  const named = errorField.exec(text)?.[1]
  if (named !== undefined) return { name: "error", data: named }
  if (!text.startsWith("{") || ReportedError.of(Json.parseText(text)) === undefined) return undefined
  return { name: undefined, data: text }
}

/** Cuts a stream of bytes between its server-sent events, wherever the bytes themselves were cut. */
export class SseSplitter {
  #held: Array<Uint8Array> = []
  #length = 0
  // Where the last byte stands: at the start of a line, after a lone CR, in an event that has a field already.
  #lineStarts = true
  #afterCr = false
  #inEvent = false
  #tooLong = false
  // Whether a bit of what is too long had data.
  #hadData = false

  /** Takes the next bytes, and gives back the pieces that are whole now. */
  push(part: Uint8Array): ReadonlyArray<Piece> {
    const pieces: Array<Piece> = []
    let from = 0
    const cut = (to: number) => {
      pieces.push(this.#whole(from === 0 && to === part.length ? part : part.subarray(from, to)))
      from = to
    }
    if (this.#afterCr || part.includes(cr)) this.#cutAtAnyLine(part, cut)
    else this.#cutAtLines(part, cut)
    if (from < part.length) this.#hold(from === 0 ? part : part.subarray(from), pieces)
    return pieces
  }

  /** Finds the ends of events if every line ends with LF. */
  #cutAtLines(part: Uint8Array, cut: (to: number) => void): void {
    let at = 0
    while (at < part.length) {
      const found = part.indexOf(lf, at)
      const end = found < 0 ? part.length : found
      if (end > at) {
        this.#inEvent ||= this.#lineStarts && part[at] !== colon
        this.#lineStarts = false
      }
      if (found < 0) return
      at = end + 1
      // A comment may be there to be seen at once, whatever follows it.
      if (this.#lineStarts || !this.#inEvent) cut(at)
      this.#lineStarts = true
    }
  }

  /** Finds the ends of events, be it LF, CR or both that ends a line. */
  #cutAtAnyLine(part: Uint8Array, cut: (to: number) => void): void {
    for (let at = 0; at < part.length; at++) {
      const byte = part[at]
      const wasCr = this.#afterCr
      this.#afterCr = byte === cr
      if (byte === lf && wasCr) {
        if (!this.#inEvent) cut(at + 1)
      } else if (byte !== lf && byte !== cr) {
        this.#inEvent ||= this.#lineStarts && byte !== colon
        this.#lineStarts = false
      } else {
        if (byte === cr && part[at + 1] === lf) {
          at++
          this.#afterCr = false
        }
        if (this.#lineStarts || !this.#inEvent) cut(at + 1)
        this.#lineStarts = true
      }
    }
  }

  /** What has come of an event that is not whole. */
  get rest(): Piece | undefined {
    if (this.#length === 0) return undefined
    const bytes = this.#joined()
    if (this.#tooLong) return { bytes, kind: "fragment", event: undefined }
    return this.#pieceOf(bytes)
  }

  #pieceOf(bytes: Uint8Array): Piece {
    const event = this.#inEvent ? (eventOf(bytes) ?? strayErrorOf(bytes)) : undefined
    if (this.#tooLong)
      return { bytes, kind: this.#hadData || event !== undefined ? "event" : "comment", event: undefined }
    return { bytes, kind: event === undefined ? "comment" : "event", event }
  }

  #whole(end: Uint8Array): Piece {
    this.#held.push(end)
    const piece = this.#pieceOf(this.#joined())
    this.#held = []
    this.#length = 0
    this.#inEvent = false
    this.#tooLong = false
    this.#hadData = false
    return piece
  }

  #hold(part: Uint8Array, pieces: Array<Piece>): void {
    this.#held.push(part)
    this.#length += part.length
    if (this.#length <= longest) return
    const bytes = this.#joined()
    this.#hadData ||= eventOf(bytes) !== undefined
    pieces.push({ bytes, kind: "fragment", event: undefined })
    this.#held = []
    this.#length = 0
    this.#tooLong = true
  }

  #joined(): Uint8Array {
    return this.#held.length === 1 ? this.#held[0]! : Buffer.concat(this.#held)
  }
}
