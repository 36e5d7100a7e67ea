import { Data } from "effect"

/** The process has taken a change of its memory, but the store beneath has not: a restart would undo it. */
export class NotStored extends Data.TaggedError("NotStored")<{ readonly key: string; readonly cause: unknown }> {
  override get message(): string {
    return `the store did not take the change of ${this.key}, which a restart would undo: ${String(this.cause)}`
  }
}
