import { Data } from "effect"
import { Timer, type TimerQueue } from "../../engine/TimerQueue.ts"
import type { ReportedError } from "../ReportedError.ts"
import { TruncatedStream } from "../TruncatedStream.ts"
import { SseBuffer } from "./SseBuffer.ts"
import type { StreamReader } from "./StreamReader.ts"
import { type Piece, SseSplitter } from "./SseSplitter.ts"

// After its last event an answer may take so many milliseconds, and pieces, to end: a connection is used again only if it
// was read to its end.
const tailTimeout = 250
const longestTail = 16

// Bytes held of a first event that does not end.
const longestFirst = 64 * 2 ** 20
const endless = "The model wrote more than 64 MiB without a whole event."

/** An answer that reported an error, or ended, in place of its first event; none of these bytes was handed on. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{
  readonly bytes: Uint8Array
  /** `undefined` if the answer has come to its end with nothing in it. */
  readonly reported: ReportedError | undefined
  /** Whether some of the bytes end an event of an answer. */
  readonly counts: boolean
}> {}

/** Is called with an answer in whole events. */
export interface ValidatedListener {
  /** `counts` tells whether some of the bytes end an event of the answer. */
  onPart(part: Uint8Array, counts: boolean): void
  /** The answer has ended, without a failure if it ended as its protocol demands. */
  onVerdict(failure: TruncatedStream | NoAnswer | undefined): void
}

export interface Options {
  readonly reader: StreamReader
  /** Whether the caller did not ask for the usage: then an event that is there for it alone is left out. */
  readonly usageIsOurs: boolean
  readonly timers: TimerQueue
}

/**
 * Hands on whole events only, byte for byte, and fails unless the answer comes to the end that its protocol demands.
 *
 * Of an event that is too long to be kept, bits are handed on once another has been whole, and count for nothing until it
 * is. The last event is held back until the connection has ended too, so that a reader who leaves with it has had the whole
 * answer. An error in place of the first event is not handed on, but failed with.
 */
export class StreamValidator {
  readonly #batch = new SseBuffer()
  readonly #splitter = new SseSplitter()
  readonly #options: Options
  readonly #listener: ValidatedListener
  #reported: ReportedError | undefined
  /** Set while no more than the end of the connection is awaited. */
  #tail: Timer | undefined
  #over = false

  constructor(options: Options, listener: ValidatedListener) {
    this.#options = options
    this.#listener = listener
  }

  onPart(part: Uint8Array): void {
    if (this.#over) return
    for (const piece of this.#splitter.push(part)) this.#take(piece)
    const batch = this.#batch
    if (this.#tail !== undefined) return batch.size < longestTail ? undefined : this.#tail.fire(NaN)
    if (batch.held > longestFirst) return this.#end(new TruncatedStream({ why: endless }))
    const isNoAnswer = this.#isNoAnswer
    if (isNoAnswer || this.#options.reader.terminated) this.#awaitEnd(isNoAnswer)
    else if (batch.size > 0) this.#handOn()
  }

  /** The connection has ended, or failed after the answer had come to its end: that takes nothing away from it. */
  onEnd(): void {
    if (this.#over) return
    if (this.#tail !== undefined) return this.#tail.fire(NaN)
    const { rest } = this.#splitter
    if (rest !== undefined) this.#take(rest)
    this.#batch.release()
    if (this.#isNoAnswer) return this.#noAnswer()
    if (this.#batch.size > 0 && (this.#options.reader.complete || this.#reported !== undefined)) this.#handOn()
    this.#verdict()
  }

  /** Whether the answer has come to its end, so that the connection may break. */
  get isOver(): boolean {
    return this.#tail !== undefined
  }

  /** Stops: the listener is not called any more. */
  close(): void {
    this.#over = true
    if (this.#tail !== undefined) this.#options.timers.cancel(this.#tail)
  }

  /** Adds what still comes to what is handed on, or failed with. */
  #awaitEnd(isNoAnswer: boolean): void {
    const { timers } = this.#options
    const timer = new Timer(() => {
      timers.cancel(timer)
      if (this.#over) return
      if (isNoAnswer) return this.#noAnswer()
      if (this.#batch.size > 0) this.#handOn()
      this.#verdict()
    })
    this.#tail = timer
    timers.set(timer, timers.now(), tailTimeout)
  }

  /** Whether there is an error, or an end, in place of an answer; what was asked for us must not be why. */
  get #isNoAnswer(): boolean {
    const { begun, terminated } = this.#options.reader
    return !begun && (this.#reported !== undefined || (terminated && this.#options.usageIsOurs))
  }

  #handOn(): void {
    const { hasEvent } = this.#batch
    this.#listener.onPart(this.#batch.take(), hasEvent)
  }

  #noAnswer(): void {
    this.#batch.release()
    const { hasEvent: counts } = this.#batch
    this.#end(new NoAnswer({ bytes: this.#batch.take(), reported: this.#reported, counts }))
  }

  #verdict(): void {
    const isWhole = this.#options.reader.complete && this.#reported === undefined
    this.#end(isWhole ? undefined : new TruncatedStream({ reported: this.#reported }))
  }

  #end(failure: TruncatedStream | NoAnswer | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#listener.onVerdict(failure)
  }

  #take(piece: Piece): void {
    const { event, kind } = piece
    if (event === undefined) return this.#batch.add(piece, kind)
    // Empty data tells its reader no more than a comment.
    if (event.data.trim() === "") return this.#batch.add(piece, "comment")
    const { reader, usageIsOurs } = this.#options
    // What comes after an answer's end takes nothing away from it.
    if (reader.terminated && reader.begun && this.#reported === undefined) return this.#batch.add(piece, "comment")
    const isWhole = reader.complete
    const purpose = reader.onEvent(event)
    // After the answer, only the usage can have failed.
    if (usageIsOurs && (purpose === "usage" || (purpose === "error" && isWhole))) return
    if (purpose === "comment") return this.#batch.add(piece, "comment")
    if (purpose === "error") this.#reported ??= reader.reported
    this.#batch.add(piece, kind, purpose !== "error")
  }
}
