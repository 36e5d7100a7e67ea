import { Data } from "effect"

/** The model ended its streamed answer before it was finished, or with an error. */
export class UnfinishedAnswer extends Data.TaggedError("UnfinishedAnswer")<{
  /** Whether the answer's own last events tell of the failure. */
  readonly told: boolean
  /** What else was wrong with it. */
  readonly why?: string | undefined
}> {
  override get message(): string {
    if (this.why !== undefined) return this.why
    return this.told
      ? "The model had an error in the middle of its answer."
      : "The model ended its answer before it was finished."
  }
}
