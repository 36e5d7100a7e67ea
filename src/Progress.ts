import { Context, Fiber } from "effect"

/** How far a streamed answer has come: whoever hands its parts on tells the policies around the call. */
export class Progress {
  readonly #listeners = new Set<() => void>()
  #begun = false
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

  /** Whether the first part has come: from then on the call must not be made again. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether a part has come that its reader has no room for yet. */
  get held(): boolean {
    return this.#held
  }

  /** Notes that the reader has taken what came, or has room for it. */
  taken(): void {
    this.#held = false
  }

  /** Notes that a part has come. */
  part(): void {
    this.#begun = true
    this.#held = true
    for (const listener of this.#listeners) listener()
  }

  /** Calls back at each part from now on; what it returns ends that. */
  onPart(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
