import { Context, Fiber } from "effect"

/** How far a streamed answer has come: whoever hands its parts on tells the policies around the call. */
export class Progress {
  readonly #listeners = new Set<() => void>()
  #begun = false
  #answering = false
  #held = false

  /** The progress of the call that runs here, if its answer is streamed. */
  static readonly current: Context.Reference<Progress | undefined> = Context.Reference<Progress | undefined>(
    "headgate/Progress",
    { defaultValue: () => undefined }
  )

  /** The same, from within a step of that call. */
  static here(): Progress | undefined {
    return Fiber.getCurrent()?.getRef(Progress.current)
  }

  /** Whether anything has come: from then on the call must not be made again. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether the first part of the answer has come: from then on only silence is bounded. */
  get answering(): boolean {
    return this.#answering
  }

  /** Whether something has come that its reader has no room for yet. */
  get held(): boolean {
    return this.#held
  }

  /** Notes that the reader has taken what came, or has room for it. */
  taken(): void {
    this.#held = false
  }

  /** Notes that a part has come. */
  part(): void {
    this.aside()
    this.#answering = true
    for (const listener of this.#listeners) listener()
  }

  /** Notes that something has come that is no part of the answer: a comment, which bounds no time. */
  aside(): void {
    this.#begun = true
    this.#held = true
  }

  /** Calls back at each part from now on; what it returns ends that. */
  onPart(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
