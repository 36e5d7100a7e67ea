import { Context, Fiber } from "effect"

/** One attempt at the model that may go on after its effect was interrupted, as a promise does that ignores its signal. */
export class Attempt {
  #running = true
  #listeners: Array<() => void> | undefined

  get running(): boolean {
    return this.#running
  }

  /** Notes that the attempt has really ended, or is given up. */
  end(): void {
    this.#running = false
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  /** Calls back when the attempt has really ended, at once if it has. */
  onEnd(listener: () => void): void {
    if (!this.#running) listener()
    else if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }
}

/** The attempts of a call whose work may outlive its effects: whoever makes them tells the policies around the call. */
export class Work {
  /** The last attempt that began. */
  attempt: Attempt | undefined

  /** The work of the call that runs here; by default it never outlives its effect. */
  static readonly current: Context.Reference<Work> = Context.Reference<Work>("headgate/Work", {
    defaultValue: () => new Work()
  })

  /** The same, from within a step of that call. */
  static here(): Work {
    return Fiber.getCurrent()!.getRef(Work.current)
  }

  /** Calls back when the last attempt has really ended; at once if it has, or if none has begun since the `earlier` one. */
  afterAttempt(listener: () => void, earlier?: Attempt | undefined): void {
    const { attempt } = this
    if (attempt === undefined || attempt === earlier) listener()
    else attempt.onEnd(listener)
  }
}
