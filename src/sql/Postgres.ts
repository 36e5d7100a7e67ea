import * as PgClient from "@effect/sql-pg/PgClient"
import { Effect, Layer, type Redacted } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

// The pool connects when it is first used, too late for a program to say that the URL is wrong.
const answers = Layer.effectDiscard(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1`))

/** Effect's SQL client on a pool of connections to a server. */
export const layer = (url: Redacted.Redacted): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.provideMerge(
    answers,
    // Effect's tables hold moments without their zone: sessions must agree on one, which knows no summer time.
    PgClient.layer({ url, startupParameters: { timezone: "UTC" } })
  )
