import { Cause, Context, Effect, Layer, Schedule } from "effect"
import { KeyValueStore } from "effect/persistence"
import type { SqlClient } from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"

const table = Layer.build(KeyValueStore.layerSql({ table: "headgate_store" }))

/** Keeps what runners share beside their messages, in a table of their database. */
export const layer: Layer.Layer<KeyValueStore.KeyValueStore, SqlError, SqlClient> = Layer.effectContext(
  table.pipe(
    // Runners that start together may all make the table, which PostgreSQL lets only one of them do.
    Effect.sandbox,
    Effect.retry({ times: 3, schedule: Schedule.spaced("100 millis") }),
    // Effect takes a failure to make its table for a defect; a database may well not allow it.
    Effect.catch((cause) => {
      const error = Cause.squash(cause)
      return isSqlError(error) ? Effect.fail(error) : Effect.failCause(cause)
    }),
    Effect.map((context) =>
      Context.make(KeyValueStore.KeyValueStore, Context.get(context, KeyValueStore.KeyValueStore))
    )
  )
)
