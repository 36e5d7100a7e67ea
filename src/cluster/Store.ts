import { Context, Effect, Layer, Schedule } from "effect"
import { KeyValueStore } from "effect/persistence"
import type { SqlClient } from "effect/sql/SqlClient"

const table = Layer.build(KeyValueStore.layerSql({ table: "headgate_store" }))

/** Keeps what runners share beside their messages, in a table of their database. */
export const layer: Layer.Layer<KeyValueStore.KeyValueStore, never, SqlClient> = Layer.effectContext(
  table.pipe(
    // Runners that start together may all make the table, which PostgreSQL lets only one of them do.
    Effect.sandbox,
    Effect.retry({ times: 3, schedule: Schedule.spaced("100 millis") }),
    Effect.catch(Effect.failCause),
    Effect.map((context) =>
      Context.make(KeyValueStore.KeyValueStore, Context.get(context, KeyValueStore.KeyValueStore))
    )
  )
)
