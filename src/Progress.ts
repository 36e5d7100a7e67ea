import { Context, Fiber } from "effect"

/** How far a streamed answer has come: whoever hands its parts on tells the policies around the call. */
export class Progress {
  readonly #listeners = new Set<() => void>()
  #begun = false

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

  /** Notes that a part has come. */
  part(): void {
    this.#begun = true
    for (const listener of this.#listeners) listener()
  }

  /** Calls back at each part from now on; what it returns ends that. */
  onPart(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
