import { Context } from "effect"

/**
 * How far a streamed answer has come, for the policies around its call. Set by the code that hands the chunks on.
 *
 * @example
 * const progress = new StreamProgress()
 * progress.onComment()
 * progress.onChunk()
 *
 * progress.firstChunk // => true
 */
export class StreamProgress {
  /** The call whose answer this is; calls that the stream's own work makes must not take it. */
  #call: object | undefined
  readonly #listeners = new Set<() => void>()
  #started = false
  #firstChunk = false
  #backpressured = false

  /** The progress of the stream that is opened in this context, if there is one. */
  static readonly current: Context.Reference<StreamProgress | undefined> = Context.Reference<
    StreamProgress | undefined
  >("headgate/StreamProgress", { defaultValue: () => undefined })

  /** Gives the progress to the call that opens the stream; `undefined` if another call has it. */
  claim(call: object): this | undefined {
    if (this.#call !== undefined) return undefined
    this.#call = call
    return this
  }

  /** Whether a call has it. */
  get claimed(): boolean {
    return this.#call !== undefined
  }

  /** Takes the progress back from its call, which has ended. */
  release(call: object): void {
    if (this.#call === call) this.#call = undefined
  }

  /** Whether anything has come, even a comment: from then on the call is not repeated. */
  get started(): boolean {
    return this.#started
  }

  /** Whether the first chunk of the answer has come: from then on only the silence between chunks is bounded. */
  get firstChunk(): boolean {
    return this.#firstChunk
  }

  /** Whether something has come that the reader has not taken yet. */
  get backpressured(): boolean {
    return this.#backpressured
  }

  /** Notes that a chunk of the answer has come. */
  onChunk(): void {
    this.onComment()
    this.#firstChunk = true
    for (const listener of this.#listeners) listener()
  }

  /** Notes that something has come that is not part of the answer, such as a comment. */
  onComment(): void {
    this.#started = true
    this.#backpressured = true
  }

  /** Notes that the reader has taken what came. */
  onRead(): void {
    this.#backpressured = false
  }

  /** Calls back at each chunk from now on; returns a function that ends this. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
