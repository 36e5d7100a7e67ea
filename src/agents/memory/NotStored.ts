import { Data } from "effect"

/** An entry is remembered in the process, but the store beneath did not take it: a restart would lose it. */
export class NotStored extends Data.TaggedError("NotStored")<{ readonly key: string; readonly cause: unknown }> {
  override get message(): string {
    return `the memory ${this.key} was not stored and would be lost at a restart: ${String(this.cause)}`
  }
}
