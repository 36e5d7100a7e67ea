import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"
import { Context, Effect, Layer, Schedule, type Scope, Semaphore, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"

// Node calls the number of an SQLite error `errcode`; Effect looks for it under `errno`.
const errorOf = (cause: unknown, operation: string): SqlError => {
  const known = cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause
  return new SqlError({ reason: classifySqliteError(known, { message: `SQLite failed to ${operation}`, operation }) })
}

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: run, catch: (cause) => errorOf(cause, operation) })

/** How often a statement is tried again while another connection writes: for five seconds. */
const whileBusy = Schedule.min([Schedule.exponential("1 millis", 1.5), Schedule.spaced("25 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "5 seconds" })
)

// SQLite's own wait would stop the whole process, and with it the transaction it may be waiting for. Inside of a
// transaction nothing has to wait.
const patiently = <A>(database: DatabaseSync, operation: string, run: () => A): Effect.Effect<A, SqlError> =>
  Effect.retry(attempt(operation, run), {
    schedule: whileBusy,
    while: ({ reason }) => reason._tag === "LockTimeoutError" && !database.isTransaction
  })

/** Opens a file, which is made if it is not there; Node lets SQLite enforce foreign keys. */
const open = (filename: string): Effect.Effect<DatabaseSync, SqlError, Scope.Scope> =>
  Effect.tap(
    Effect.acquireRelease(
      attempt("open", () => new DatabaseSync(filename)),
      (database) => Effect.sync(() => database.close())
    ),
    // With the write-ahead log, readers and the writer do not wait for each other.
    (database) => patiently(database, "open", () => database.exec("PRAGMA journal_mode = WAL"))
  )

type Parameters = ReadonlyArray<SQLInputValue>

/** The statements of one database, each prepared when it runs: that costs little beside its write to the disk. */
const connectionTo = (database: DatabaseSync): Connection => {
  const run = <A>(sql: string, params: ReadonlyArray<unknown>, read: (all: StatementSync, params: Parameters) => A) =>
    Effect.withFiber<A, SqlError>((fiber) => {
      const bigInts = Context.get(fiber.context, SqlClient.SafeIntegers)
      return patiently(database, "execute", () => {
        const statement = database.prepare(sql)
        statement.setReadBigInts(bigInts)
        return read(statement, params as Parameters)
      })
    })
  const execute: Connection["execute"] = (sql, params, transform = (rows) => rows) =>
    Effect.map(
      run(sql, params, (statement, values) => statement.all(...values)),
      transform
    )
  const values: Connection["executeValues"] = (sql, params) =>
    run(sql, params, (statement, values) => {
      statement.setReturnArrays(true)
      return statement.all(...values) as unknown as ReadonlyArray<ReadonlyArray<unknown>>
    })
  return {
    execute,
    executeUnprepared: execute,
    executeValues: values,
    executeValuesUnprepared: values,
    executeRaw: (sql, params) =>
      run(sql, params, (statement, values) =>
        statement.columns().length > 0 ? statement.all(...values) : statement.run(...values)
      ),
    executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform))
  }
}

const make = Effect.fnUntraced(function* (filename: string) {
  const database = yield* open(filename)
  return yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(connectionTo(database)),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => database.isTransaction
    }),
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite-node",
    // A transaction that read before its first write would fail at once if another connection had written meanwhile.
    beginTransaction: "BEGIN IMMEDIATE",
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "sqlite"]]
  })
})

/** Effect's SQL client on a file, by Node's own SQLite: one connection, which each transaction has to itself. */
export const layer = (filename: string): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(SqlClient.SqlClient, make(filename)).pipe(Layer.provide(Reactivity.layer))
