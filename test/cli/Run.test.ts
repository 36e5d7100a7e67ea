import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Database from "../../src/sql/Database.ts"
import { run } from "../support/cli.ts"
import { folder } from "../support/jobStores.ts"

const endsIn = Effect.flatMap(SqlClient, (sql) => sql`SELECT id FROM headgate_job_ends`).pipe(
  Effect.map((rows) => rows.length)
)

describe("headgate run", () => {
  it.live("does the jobs and reports what it took", () =>
    Effect.gen(function* () {
      const text = (yield* run(["run", "--jobs", "40"])).out

      assert.match(text, /^40 jobs created, \d+ completed, \d+ failed.*, 0 pending$/m)
      assert.match(text, /^ {2}time +[\d.]+ minutes, in virtual time$/m)
      assert.match(text, /^ {2}calls a job +[\d.]+: act [\d.]+, plan [\d.]+, reflect [\d.]+$/m)
      assert.match(text, /^ {2}tokens a job +\d+: act [\d.]+, plan [\d.]+, reflect [\d.]+$/m)
      assert.match(text, /^ {2}reflections +[\d.]+ a job, \d+ skipped$/m)
      assert.match(text, /^ {2}health +healthy$/m)
    })
  )

  it.live("a run in a store that is stopped goes on, and each of its jobs ends once", () =>
    Effect.gen(function* () {
      const env = { DATABASE_URL: `sqlite:${yield* folder}/jobs.db`, POPULATION_SIZE: "4" }
      const words = ["run", "--jobs", "8", "--json"]
      // The first run is stopped as soon as a job has ended.
      const stopped = Effect.repeat(
        Effect.provide(endsIn, Database.layer(Redacted.make(env.DATABASE_URL))).pipe(Effect.orElseSucceed(() => 0)),
        { until: (ends) => ends > 0, schedule: Schedule.spaced("50 millis") }
      )
      const first = yield* run(words, { env, stop: Effect.asVoid(stopped) })
      const second = yield* run(words, { env })
      const third = yield* run([...words.slice(0, 2), "1"], { env })

      const [before, after] = [JSON.parse(first.out), JSON.parse(second.out)]
      assert.deepStrictEqual([first.code, second.code, third.code], [130, 0, 0])
      assert.isTrue(before.interrupted)
      assert.isAtLeast(after.stored.before, 1)
      assert.strictEqual(after.stored.completed + after.stored.failed, 8)
      assert.strictEqual(after.snapshot.jobs.created, 8 - after.stored.before)
      assert.match(third.out, /^In the store: 1 job ended once, [01] completed, [01] failed$/m)
    }).pipe(Effect.scoped)
  )

  it.live.each<readonly [Readonly<Record<string, string>>, RegExp]>([
    [{ DATABASE_URL: "sqlite:/no/such/folder/jobs.db" }, /^The database cannot be used: unable to open database file$/],
    [{ DATABASE_URL: "postgres://ada@localhost:9/none" }, /^The database cannot be used: .*ECONNREFUSED.*:9$/],
    [{ REDIS_URL: "redis://127.0.0.1:9" }, /^Redis cannot be used: .*ECONNREFUSED.*:9$/],
    [{ REDIS_URL: "redis://nowhere.invalid" }, /^Redis cannot be used: .*nowhere\.invalid$/]
  ])("a store that cannot be used is told of in a line: %j", ([env, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* run(["run"], { env })

      assert.strictEqual(code, 1)
      assert.match(err, message)
    })
  )
})
