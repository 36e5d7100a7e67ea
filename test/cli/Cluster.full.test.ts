import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, type Redacted } from "effect"
import { hander, joined, messages, report, untilEnded, variables, worker } from "../support/cluster.ts"
import { hasPostgres, postgres, postgresUrl } from "../support/postgres.ts"
import type { Service } from "../support/service.ts"

const jobs = 1000

/** What every run must keep, whatever has happened to its runners. */
const isWhole = Effect.fnUntraced(function* (database: Redacted.Redacted, handing: Service) {
  const { run, snapshot } = yield* report(handing)
  const { completed, created, failed, pending } = snapshot.jobs
  const all = yield* messages(database)

  assert.deepStrictEqual({ created, ended: completed + failed, pending }, { created: jobs, ended: jobs, pending: 0 })
  assert.strictEqual(
    Object.values(run.runners).reduce((sum, count) => sum + count, 0),
    jobs
  )
  assert.deepStrictEqual(
    all.filter(({ replies }) => replies !== 1),
    []
  )
  assert.strictEqual(all.length, jobs)
  return { failed, run }
})

describe.runIf(hasPostgres)("A cluster of runners", () => {
  it.live("loses no job of 1,000 and ends none twice, with 20 kills at random moments", () =>
    Effect.gen(function* () {
      const database = yield* postgresUrl
      const env = yield* variables(database, { agents: 40, lease: 5000, millis: 100 })
      const workers = yield* Effect.forEach([1, 2, 3], () => worker(env))
      let handing = yield* hander(env, jobs)
      yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

      for (let kill = 1; kill <= 20; kill++) {
        yield* untilEnded(database, kill * 45 - (yield* Random.nextIntBetween(0, 30)))
        const victim = yield* Random.nextIntBetween(0, 3)
        // The one that hands out the jobs dies too.
        if (victim === workers.length) {
          handing.child.kill("SIGKILL")
          handing = yield* hander(env, jobs)
        } else {
          workers[victim]!.child.kill("SIGKILL")
          workers[victim] = yield* worker(env)
        }
      }

      yield* isWhole(database, handing)
    }).pipe(Effect.scoped, Random.withSeed(14))
  )

  it.live("goes on while runners stand still for longer than their lease, and come back", () =>
    Effect.gen(function* () {
      const database = yield* postgresUrl
      const env = yield* variables(database, { agents: 40, lease: 2000, millis: 200 })
      const workers = yield* Effect.forEach([1, 2, 3], () => worker(env))
      const handing = yield* hander(env, jobs)
      yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

      for (let stop = 1; stop <= 6; stop++) {
        const { child } = workers[stop % workers.length]!
        yield* untilEnded(database, stop * 120)
        child.kill("SIGSTOP")
        yield* Effect.sleep("5 seconds")
        child.kill("SIGCONT")
      }

      yield* isWhole(database, handing)
    }).pipe(Effect.scoped)
  )

  it.live("goes on after its database was gone for a while", () =>
    Effect.gen(function* () {
      const server = yield* postgres
      const env = yield* variables(server.url, { agents: 40, lease: 5000, millis: 100 })
      const workers = yield* Effect.forEach([1, 2], () => worker(env))
      const handing = yield* hander(env, jobs)
      yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

      for (const ended of [200, 600]) {
        yield* untilEnded(server.url, ended)
        server.kill()
        yield* Effect.sleep("3 seconds")
        yield* Effect.promise(() => server.start())
      }

      yield* isWhole(server.url, handing)
    }).pipe(Effect.scoped)
  )

  it.live("a run that was stopped goes on where it was, and the next one is another", () =>
    Effect.gen(function* () {
      const database = yield* postgresUrl
      const env = yield* variables(database, { agents: 10, lease: 5000, millis: 50 })
      const first = yield* hander(env, 60)
      yield* untilEnded(database, 20)
      first.child.kill("SIGTERM")
      const stopped = yield* first.ends
      // The agents are as many as at its beginning, or its jobs would be others'.
      const second = yield* report(yield* hander({ ...env, POPULATION_SIZE: "3" }, 60))
      const third = yield* report(yield* hander(env, 60))

      assert.strictEqual(stopped.code, 130)
      assert.isTrue(JSON.parse(stopped.out).interrupted)
      assert.deepInclude(second.run, { name: "demo/1/60/1", agents: 10, resumed: true })
      assert.deepInclude(third.run, { name: "demo/1/60/2", agents: 10, resumed: false })
      for (const { snapshot } of [second, third]) {
        assert.strictEqual(snapshot.jobs.completed + snapshot.jobs.failed, 60)
      }
      const all = yield* messages(database)
      assert.deepStrictEqual([all.length, new Set(all.map(({ replies }) => replies))], [120, new Set([1])])
    }).pipe(Effect.scoped)
  )
})
