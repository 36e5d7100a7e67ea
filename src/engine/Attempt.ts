/** Work at the model that may outlive its call, such as a promise that ignores its signal. */
export class Attempt {
  #running = true
  #listeners: Array<() => void> | undefined

  get running(): boolean {
    return this.#running
  }

  /** Notes that the work has really ended, or that it is given up. */
  settle(): void {
    this.#running = false
    const listeners = this.#listeners
    this.#listeners = undefined
    if (listeners !== undefined) for (const listener of listeners) listener()
  }

  /** Calls back when the work has settled; at once if it already has. */
  onSettled(listener: () => void): void {
    if (!this.#running) listener()
    else if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }
}
