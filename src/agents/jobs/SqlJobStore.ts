import { Duration, Effect, References, Schedule, type Scope } from "effect"
import * as PersistedQueue from "effect/persistence/PersistedQueue"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { daysKept, JobStoreFailed, type Store } from "./Store.ts"

const table = "headgate_job_ends"

const createTable = (sql: SqlClient.SqlClient) =>
  sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
    queue VARCHAR(255) NOT NULL,
    id VARCHAR(255) NOT NULL,
    ending TEXT NOT NULL,
    ended_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (queue, id)
  )`

// An id must be free for the queue before its end is forgotten: a job that the queue would drop as a duplicate, and of
// which no end is on record, would never end.
const forget = (sql: SqlClient.SqlClient) => {
  const cutoff = sql.onDialectOrElse({
    pg: () => sql.literal(`CURRENT_TIMESTAMP - INTERVAL '${daysKept + 1} days'`),
    orElse: () => sql.literal(`datetime(CURRENT_TIMESTAMP, '-${daysKept + 1} days')`)
  })
  return sql`DELETE FROM ${sql(table)} WHERE ended_at < ${cutoff}`
}

const failed = (cause: SqlError) => new JobStoreFailed({ cause })

/** Stores jobs in a database. */
export const make = Effect.fnUntraced(function* ({
  lease,
  pollInterval
}: {
  readonly lease: number
  readonly pollInterval: number
}): Effect.fn.Return<Store, JobStoreFailed, SqlClient.SqlClient | Scope.Scope> {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  // Processes that start at once may all make the table, which PostgreSQL lets only one of them do.
  yield* createTable(sql).pipe(Effect.retry({ times: 3 }), Effect.mapError(failed))
  const store = yield* PersistedQueue.makeStoreSql({
    tableName: "headgate_jobs",
    pollInterval,
    lockExpiration: lease,
    lockRefreshInterval: lease / 3
  }).pipe(
    // What Effect says of each attempt, `Patience` says once.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.mapError(failed),
    // Effect takes a failure to make its tables for a defect; a database may well not allow it.
    Effect.catchDefect((cause) => Effect.fail(new JobStoreFailed({ cause })))
  )
  const clean = Effect.andThen(
    store.cleanup({ timeToLive: Duration.days(daysKept), failedTimeToLive: Duration.days(daysKept) }),
    forget(sql)
  )
  yield* Effect.ignore(clean, { log: "Warn" }).pipe(Effect.repeat(Schedule.spaced("1 hour")), Effect.forkScoped)
  return {
    queues: yield* Effect.provideService(PersistedQueue.makeFactory, PersistedQueue.PersistedQueueStore, store),
    pollInterval,
    record: (queue, id, ending) =>
      sql`INSERT INTO ${sql(table)} ${sql.insert({ queue, id, ending })} ON CONFLICT DO NOTHING RETURNING id`.pipe(
        Effect.mapBoth({ onSuccess: (rows) => rows.length === 1, onFailure: failed })
      ),
    find: (queue, ids) =>
      sql<{ id: string; ending: string }>`
        SELECT id, ending FROM ${sql(table)} WHERE queue = ${queue} AND ${sql.in("id", ids)}
      `.pipe(
        Effect.mapBoth({
          onSuccess: (rows) => new Map(rows.map(({ ending, id }) => [id, ending])),
          onFailure: failed
        })
      )
  }
})
