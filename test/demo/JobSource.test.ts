import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Job } from "../../src/agents/Job.ts"
import { JobQueue } from "../../src/agents/JobQueue.ts"
import * as JobSource from "../../src/demo/JobSource.ts"
import { Drain, Draining } from "../../src/Drain.ts"
import { Stats } from "../../src/Stats.ts"

/** Fills a queue for some time, and tells which jobs are in it. */
const filled = Effect.fnUntraced(function* (options: Partial<JobSource.Options>, time: number) {
  const queue = yield* JobQueue.make
  const filling = yield* Effect.forkChild(JobSource.fill(queue, { jobsPerMinute: 60, ...options }))
  yield* TestClock.adjust(time)
  yield* Fiber.interrupt(filling)
  const jobs: Array<Job> = []
  const take = queue.takeWith((job) => {
    jobs.push(job)
    const episode = { job, completed: true, observations: [], rejections: [] }
    return Effect.succeed({ result: undefined, failure: undefined, episode })
  })
  while (queue.size > 0) yield* take
  return jobs
})

const lines = (jobs: ReadonlyArray<Job>) => jobs.map(({ task }) => task)

describe("JobSource", () => {
  it.effect("jobs come as often as asked, of every kind, and are counted", () =>
    Effect.gen(function* () {
      const jobs = yield* filled({ jobsPerMinute: 600 }, 600_000)
      const { jobs: counted } = yield* Effect.flatMap(Stats, ({ snapshot }) => snapshot)

      assert.closeTo(jobs.length, 6000, 300)
      assert.strictEqual(counted.created, jobs.length)
      const shares = Map.groupBy(jobs, ({ goal }) => goal)
      assert.isAtLeast(shares.size, 6)
      for (const [name, some] of shares) assert.closeTo(some.length, jobs.length / shares.size, 120, name)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("jobs come faster than a timer ticks", () =>
    Effect.gen(function* () {
      assert.closeTo((yield* filled({ jobsPerMinute: 300_000 }, 2000)).length, 10_000, 500)
    })
  )

  it.effect("the same seed brings the same jobs, and another others", () =>
    Effect.gen(function* () {
      const [one, two, three] = yield* Effect.forEach(["a", "a", "b"], (seed) =>
        Effect.provide(filled({ seed }, 600_000), TestClock.layer())
      )

      assert.deepStrictEqual(lines(one!), lines(two!))
      assert.notDeepEqual(lines(one!), lines(three!))
    })
  )

  it.effect("a job of a series is data, of which the same job is made again", () =>
    Effect.gen(function* () {
      const jobs = yield* filled({ series: "one", jobs: 20 }, 600_000)
      const again = yield* Effect.forEach(jobs, ({ stored }) => JobSource.drawn.restore(stored!.data))
      const others = yield* filled({ series: "two", jobs: 20 }, 600_000)

      assert.isAbove(new Set(lines(jobs)).size, 15)
      assert.deepStrictEqual(lines(again), lines(jobs))
      assert.notDeepEqual(lines(others), lines(jobs))
    })
  )

  it.effect("as many jobs come as asked, and then no more", () =>
    Effect.gen(function* () {
      const jobs = yield* filled({ jobs: 7 }, 600_000)

      assert.strictEqual(jobs.length, 7)
      assert.deepStrictEqual(yield* filled({ jobs: 0 }, 600_000), [])
    })
  )

  it.effect("while ten thousand jobs wait, no more are given out", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* filled({ jobsPerMinute: 600_000 }, 60_000)).length, 10_000)
    })
  )

  it.effect("no job comes once the gate closes", () =>
    Effect.gen(function* () {
      const drain = new Drain()
      yield* Effect.forkChild(Effect.delay(drain.begin, 60_000))
      const jobs = yield* Effect.provide(filled({ jobsPerMinute: 300 }, 600_000), Layer.succeed(Draining, drain))

      assert.closeTo(jobs.length, 300, 60)
    })
  )
})
