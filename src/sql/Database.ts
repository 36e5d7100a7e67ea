import { Data, Effect, Layer, Redacted } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Address from "../config/Address.ts"
import * as RootCause from "../RootCause.ts"

/** A database that cannot be used; the message says why. */
export class DatabaseUnavailable extends Data.TaggedError("DatabaseUnavailable")<{ readonly message: string }> {}

/** Says why a statement failed. */
export const unavailable = (error: SqlError): DatabaseUnavailable =>
  new DatabaseUnavailable({ message: `The database cannot be used: ${RootCause.messageOf(error)}` })

// The drivers are loaded when a program asks for a database: no other pays for them.
const clientOf = (url: Redacted.Redacted) => {
  const filename = Address.sqliteFile(Redacted.value(url))
  return Layer.unwrap(
    filename === undefined
      ? Effect.map(
          Effect.promise(() => import("./Postgres.ts")),
          ({ layer }) => layer(url)
        )
      : Effect.map(
          Effect.promise(() => import("./Sqlite.ts")),
          ({ layer }) => layer(filename)
        )
  )
}

/**
 * Effect's SQL client for the database of a URL: `postgres://user:password@host/name`, or `sqlite:jobs.db` for a file.
 *
 * @example
 * const database = Database.layer(Redacted.make("sqlite::memory:"))
 * const sum = Effect.flatMap(SqlClient, (sql) => sql`SELECT 1 + 1`.values)
 *
 * await Effect.runPromise(Effect.provide(sum, database)) // => [[2]]
 */
export const layer = (url: Redacted.Redacted): Layer.Layer<SqlClient, DatabaseUnavailable> =>
  Layer.catch(clientOf(url), (error): Layer.Layer<SqlClient, DatabaseUnavailable> =>
    Layer.unwrap(Effect.fail(unavailable(error)))
  )
