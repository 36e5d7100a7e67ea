import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Database from "../../src/sql/Database.ts"
import { hasPostgres, postgresUrl } from "../support/postgres.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "headgate-sqlite-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const file = Effect.map(folder, (path) => Redacted.make(`sqlite:${join(path, "test.db")}`))

const databases = [
  { name: "SQLite", url: file, here: true },
  { name: "PostgreSQL", url: postgresUrl, here: hasPostgres }
]

const clientTo = (url: Redacted.Redacted) =>
  Effect.map(Layer.build(Database.layer(url)), (context) => Context.get(context, SqlClient))

for (const { name, url } of databases.filter(({ here }) => here)) {
  describe(`Database on ${name}`, () => {
    it.live("rows are written and read, in a transaction as a whole or not at all", () =>
      Effect.gen(function* () {
        const sql = yield* clientTo(yield* url)
        yield* sql`CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)`
        yield* sql`INSERT INTO words ${sql.insert({ id: 1, word: "one" })}`
        const failed = sql.withTransaction(
          Effect.andThen(sql`INSERT INTO words ${sql.insert({ id: 2, word: "two" })}`, Effect.fail("no"))
        )
        assert.strictEqual(yield* Effect.flip(failed), "no")
        const nested = sql.withTransaction(
          Effect.andThen(sql`INSERT INTO words ${sql.insert({ id: 3, word: "three" })}`, Effect.ignore(failed))
        )
        yield* nested

        const rows = [{ word: "one" }, { word: "three" }]
        const query = sql<{ word: string }>`SELECT word FROM words ORDER BY id`
        assert.deepStrictEqual(yield* query, rows)
        assert.deepStrictEqual(yield* query.values, [["one"], ["three"]])
        assert.deepStrictEqual(yield* Stream.runCollect(query.stream), rows)
        const again = yield* Effect.flip(sql`INSERT INTO words ${sql.insert({ id: 4, word: "one" })}`)
        assert.strictEqual(again.reason._tag, "UniqueViolation")
      })
    )

    it.live("a second client waits for a transaction of the first, and what it adds is not lost", () =>
      Effect.gen(function* () {
        const where = yield* url
        const [first, second] = [yield* clientTo(where), yield* clientTo(where)]
        yield* first`CREATE TABLE counts (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)`
        yield* first`INSERT INTO counts VALUES (1, 0)`
        const add = (sql: SqlClient) => sql`UPDATE counts SET value = value + 1 WHERE id = 1`.pipe(sql.withTransaction)
        yield* Effect.all(
          Array.from({ length: 50 }, (_, index) => add(index % 2 === 0 ? first : second)),
          { concurrency: 10 }
        )

        assert.deepStrictEqual(yield* second`SELECT value FROM counts`, [{ value: 50 }])
      })
    )
  })
}

describe("Database", () => {
  it.live("one that cannot be used says why, without its URL", () =>
    Effect.gen(function* () {
      const urls = ["sqlite:/no/such/folder/test.db", "postgres://user:hidden@127.0.0.1:1/x"]
      for (const url of urls) {
        const error = yield* Effect.flip(Effect.scoped(clientTo(Redacted.make(url))))
        assert.match(error.message, /^The database cannot be used: (unable to open|.*ECONNREFUSED)/)
        assert.notInclude(error.message, "hidden")
      }
    })
  )
})
