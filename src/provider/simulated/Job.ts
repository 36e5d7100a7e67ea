import type { ModelError } from "../ModelError.ts"

/** The work of one reply, measured in milliseconds of a model that does nothing else. */
export interface Work {
  /** Until the first token. */
  readonly first: number
  /** From each token to the next. */
  readonly step: number
  readonly tokens: number
  /** What comes in place of the first token. */
  readonly failure: ModelError | undefined
  /** Whether the reply never comes. */
  readonly hangs: boolean
}

/** One request inside the model. */
export class Job {
  readonly work: Work
  state: "waiting" | "running" | "hung" | "over" = "waiting"
  error: ModelError | undefined
  /** The progress of the model at which this job began. */
  begun = 0
  #awaited: { readonly tokens: number; readonly wake: () => void } | undefined

  constructor(work: Work) {
    this.work = work
  }

  /** The progress of the model at which so many tokens are out. */
  due(tokens: number): number {
    return this.begun + this.work.first + (Math.max(1, tokens) - 1) * this.work.step
  }

  /** The progress of the model at which the job ends. */
  get end(): number {
    return this.due(this.work.failure === undefined ? this.work.tokens : 1)
  }

  /** The progress of the model at which something happens to this job: an awaited token, or its end. */
  get next(): number {
    return this.#awaited === undefined ? this.end : Math.min(this.end, this.due(this.#awaited.tokens))
  }

  /** Has `wake` called once so many tokens are out or the job is over; takes the place of an earlier one. */
  watch(tokens: number, wake: () => void): void {
    this.#awaited = { tokens, wake }
  }

  /** Calls whoever watches, if what it waits for has come at this progress of the model. */
  reach(progress: number): void {
    const awaited = this.#awaited
    if (awaited === undefined || (this.state !== "over" && this.due(awaited.tokens) > progress)) return
    this.#awaited = undefined
    awaited.wake()
  }
}
