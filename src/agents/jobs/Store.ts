import { Data, type Effect } from "effect"
import type { PersistedQueueFactory } from "effect/persistence/PersistedQueue"
import * as RootCause from "../../RootCause.ts"

/** The store of jobs failed to do what it was asked. */
export class JobStoreFailed extends Data.TaggedError("JobStoreFailed")<{ readonly cause: unknown }> {
  override get message(): string {
    return `The store of jobs failed: ${RootCause.messageOf(this.cause)}`
  }
}

/** Days that the end of a job is on record; for as long, an id is not taken for another job. */
export const daysKept = 30

/** A store in which jobs and their ends outlive the process. */
export interface Store {
  /** Effect's queues, which deliver a job at least once. */
  readonly queues: PersistedQueueFactory["Service"]
  /** Records the end of a job, unless one is on record; tells whether this is the one. */
  readonly record: (queue: string, id: string, end: string) => Effect.Effect<boolean, JobStoreFailed>
  /** The ends on record of jobs, by their ids. */
  readonly find: (
    queue: string,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, string>, JobStoreFailed>
  /** Milliseconds. */
  readonly pollInterval: number
}
