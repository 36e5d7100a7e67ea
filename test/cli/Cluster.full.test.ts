import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { Effect, Random, Redacted } from "effect"
import { hander, joined, lessons, messages, report, untilEnded, variables, worker } from "../support/cluster.ts"
import { folder } from "../support/jobStores.ts"
import { hasPostgres, postgres, postgresUrl } from "../support/postgres.ts"
import { runs } from "../support/runs.ts"
import type { Service } from "../support/service.ts"

const [jobs, kills] = [runs(300, 1000), runs(6, 20)]

/** What every run must keep, whatever has happened to its runners. */
const isWhole = Effect.fnUntraced(function* (database: Redacted.Redacted, handing: Service, jobs: number) {
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
})

/** Kills one runner after another while they do jobs, the one that hands them out too. */
const killing = Effect.fnUntraced(function* (database: Redacted.Redacted, jobs: number, kills: number) {
  const env = yield* variables(database, { agents: 40, lease: 5000, millis: 100 })
  const workers = yield* Effect.forEach([1, 2, 3], () => worker(env))
  let handing = yield* hander(env, jobs)
  yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

  for (let kill = 1; kill <= kills; kill++) {
    const ended = ((kill - (yield* Random.next)) * jobs * 0.9) / kills
    yield* untilEnded(database, ended)
    const victim = yield* Random.nextIntBetween(0, 3)
    if (victim === workers.length) {
      handing.child.kill("SIGKILL")
      handing = yield* hander(env, jobs)
    } else {
      workers[victim]!.child.kill("SIGKILL")
      workers[victim] = yield* worker(env)
    }
  }

  yield* isWhole(database, handing, jobs)
})

describe.runIf(hasPostgres)("A cluster of runners", () => {
  it.live(`loses no job of ${jobs} and ends none twice, with ${kills} kills at random moments`, () =>
    Effect.flatMap(postgresUrl, (database) => killing(database, jobs, kills)).pipe(Effect.scoped, Random.withSeed(14))
  )

  it.live("jobs of a runner that is stopped go on at another, and each ends once", () =>
    Effect.gen(function* () {
      const database = yield* postgresUrl
      const env = yield* variables(database, { agents: 6, lease: 5000, millis: 50 })
      const helping = yield* worker(env)
      const handing = yield* hander(env, 40)
      yield* joined(helping)
      yield* untilEnded(database, 15)

      helping.child.kill("SIGTERM")
      const { code, out } = yield* helping.ends
      const { run, snapshot } = yield* report(handing)

      assert.strictEqual(code, 0)
      assert.match(out, /^Stopped: \d+ jobs ended here$/m)
      const { completed, created, failed, pending } = snapshot.jobs
      assert.deepStrictEqual([created, completed + failed, pending], [40, 40, 0])
      assert.deepStrictEqual([run.agents, run.resumed], [6, false])
      const all = yield* messages(database)
      assert.deepStrictEqual([all.length, new Set(all.map(({ replies }) => replies))], [40, new Set([1])])
      assert.isNotEmpty(yield* lessons(database))
    }).pipe(Effect.scoped)
  )

  it.live("goes on while runners stand still for longer than their lease, and come back", () =>
    Effect.gen(function* () {
      const database = yield* postgresUrl
      const env = yield* variables(database, { agents: 10, lease: 10_000, millis: 200 })
      const workers = yield* Effect.forEach([1, 2], () => worker(env))
      const handing = yield* hander(env, 100)
      yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

      for (const [index, { child }] of workers.entries()) {
        yield* untilEnded(database, 20 + 30 * index)
        child.kill("SIGSTOP")
        yield* Effect.sleep("20 seconds")
        child.kill("SIGCONT")
      }

      yield* isWhole(database, handing, 100)
    }).pipe(Effect.scoped)
  )

  it.live("goes on after its database was gone for a while", () =>
    Effect.gen(function* () {
      const server = yield* postgres
      const env = yield* variables(server.url, { agents: 10, lease: 10_000, millis: 100 })
      const workers = yield* Effect.forEach([1], () => worker(env))
      const handing = yield* hander(env, 100)
      yield* Effect.forEach(workers, joined, { concurrency: "unbounded" })

      for (const ended of [20, 60]) {
        yield* untilEnded(server.url, ended)
        server.kill()
        yield* Effect.sleep("3 seconds")
        yield* Effect.promise(() => server.start())
      }

      yield* isWhole(server.url, handing, 100)
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

describe("A cluster of runners on one machine", () => {
  it.live("meets in a file of SQLite too, and loses nothing with 5 kills", () =>
    Effect.gen(function* () {
      const path = yield* folder
      yield* killing(Redacted.make(`sqlite:${join(path, "cluster.db")}`), 300, 5)
    }).pipe(Effect.scoped, Random.withSeed(5))
  )
})
