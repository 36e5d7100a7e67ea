import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Database from "../../src/sql/Database.ts"
import { folder } from "../support/jobStores.ts"
import { get, ready, start } from "../support/service.ts"

/** Asks the database again and again, which another process writes to. */
const until = <A>(ask: Effect.Effect<A, unknown, SqlClient>, wanted: (found: A) => boolean) =>
  Effect.orDie(ask).pipe(Effect.repeat({ until: wanted, schedule: Schedule.spaced("50 millis") }))

type Figures = { readonly jobs: { readonly completed: number; readonly failed: number } }

const idsIn = (table: string) =>
  Effect.flatMap(SqlClient, (sql) => sql<{ id: string }>`SELECT id FROM ${sql(table)}`).pipe(
    Effect.map((rows) => rows.map(({ id }) => id))
  )

describe("headgate serve with DATABASE_URL", () => {
  it.live("keeps the jobs of its population: what a killed service left is done by the next, each job once", () =>
    Effect.gen(function* () {
      const DATABASE_URL = `sqlite:${yield* folder}/jobs.db`
      const fast = { LLM_REQUESTS_PER_SECOND: "unlimited", LLM_MAX_CONCURRENT_REQUESTS: "50" }
      const env = { DATABASE_URL, HEADGATE_STORE_LEASE_MS: "1000", ...fast }
      const first = yield* start({ ...env, JOBS_PER_MIN: "1200", POPULATION_SIZE: "1" }, "serve")
      yield* ready(first)

      yield* Effect.gen(function* () {
        yield* until(idsIn("headgate_jobs"), (ids) => ids.length > 4)
        first.child.kill("SIGKILL")
        yield* first.ends
        const added = yield* idsIn("headgate_jobs")
        const before = yield* idsIn("headgate_job_ends")
        const second = yield* start({ ...env, JOBS_PER_MIN: "0", POPULATION_SIZE: "8" }, "serve")
        const url = yield* ready(second)
        const ends = yield* until(idsIn("headgate_job_ends"), (ids) => ids.length >= added.length)
        const response = yield* get(`${url}/stats`)
        const stats = (yield* Effect.promise(() => response.json())) as Figures

        assert.isBelow(before.length, added.length)
        assert.deepStrictEqual(ends.toSorted(), added.toSorted())
        assert.strictEqual(stats.jobs.completed + stats.jobs.failed, added.length - before.length)
      }).pipe(Effect.provide(Database.layer(Redacted.make(DATABASE_URL))))
    })
  )

  it.live("says in a line why a database cannot be used", () =>
    Effect.gen(function* () {
      const service = yield* start({ DATABASE_URL: "sqlite:/no/such/folder/jobs.db", POPULATION_SIZE: "1" }, "serve")
      const { code, err } = yield* service.ends

      assert.strictEqual(code, 1)
      assert.match(err, /The database cannot be used: unable to open database file/)
    })
  )
})
