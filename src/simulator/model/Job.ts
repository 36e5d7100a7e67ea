import type { ModelError } from "../../ai/ModelError.ts"

/** The work of one reply, measured in milliseconds of a model that does nothing else. */
export interface Work {
  /** Until the first token. */
  readonly first: number
  /** From each token to the next. */
  readonly step: number
  readonly tokens: number
  /** What comes in place of a token; the rest never comes. */
  readonly failure: ModelError | undefined
  /** The token that the failure takes the place of; 1. */
  readonly failsAt?: number | undefined
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
  #out = 0
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
    return this.due(this.work.failure === undefined ? this.work.tokens : (this.work.failsAt ?? 1))
  }

  /** The tokens that are out at this progress of the model. */
  out(progress: number): number {
    if (this.state !== "running") return this.#out
    const { failsAt = 1, failure, first, step, tokens } = this.work
    const since = progress - this.begun - first
    if (since < 0) return 0
    return Math.min(failure === undefined ? tokens : failsAt - 1, step === 0 ? Infinity : 1 + Math.floor(since / step))
  }

  /** Lets no more tokens out. */
  halt(state: "hung" | "over", progress: number): void {
    this.#out = this.out(progress)
    this.state = state
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
    if (awaited === undefined || !this.#has(awaited.tokens, progress)) return
    this.#awaited = undefined
    awaited.wake()
  }

  #has(tokens: number, progress: number): boolean {
    if (this.state === "running") return this.due(tokens) <= progress
    return this.state === "over" || tokens <= this.#out
  }
}
