import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Stats } from "../../src/Stats.ts"
import { JobStats } from "../../src/agents/JobStats.ts"
import { effortless } from "../support/effort.ts"

const counted = Stats.section(JobStats.section)

const jobs = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, (figures) => figures.jobs))

const missed = Effect.flatMap(Stats, ({ targets }) =>
  Effect.map(targets, (all) => all.flatMap(({ met, name }) => (met ? [] : [name])))
)

const minutesOf = (length: number, jobs: number) => Array.from({ length }, () => jobs)

/** The variation of jobs completed, given the count of each minute. */
const variation = Effect.fnUntraced(function* (counts: ReadonlyArray<number>) {
  const stats = yield* counted
  stats.onCreated()
  for (const count of counts) {
    for (let job = 0; job < count; job++) stats.onCompleted()
    yield* TestClock.adjust("1 minute")
  }
  return (yield* jobs).variation
})

describe("JobStats", () => {
  it.effect("calls are counted by purpose, and tokens by purpose per completed job", () =>
    Effect.gen(function* () {
      const stats = yield* counted
      stats.onCall("plan", 100)
      stats.onCall("act", 40)
      stats.onCall("act", 60)
      stats.onCall("reflect", 30)
      assert.deepStrictEqual((yield* jobs).tokensPerJob, effortless.tokensPerJob)
      stats.onPlanReused()
      stats.onReflectionSkipped()
      for (let job = 0; job < 4; job++) {
        stats.onCreated()
        stats.onCompleted()
      }

      const { calls, plansReused, reflectionsPerJob, reflectionsSkipped, tokensPerJob } = yield* jobs
      assert.deepStrictEqual(calls, { act: 2, plan: 1, reflect: 1 })
      assert.deepStrictEqual(tokensPerJob, { act: 25, plan: 25, reflect: 7.5 })
      assert.deepStrictEqual([plansReused, reflectionsPerJob, reflectionsSkipped], [1, 0.25, 1])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("calls and tokens per job are those of the jobs completed here, though others complete more", () =>
    Effect.gen(function* () {
      const stats = yield* counted
      for (let job = 0; job < 10; job++) {
        stats.onCreated()
        stats.onCompleted(job < 2)
      }
      for (let call = 0; call < 4; call++) stats.onCall("act", 30)

      const { callsPerJob, completed, tokensPerJob } = yield* jobs
      assert.strictEqual(completed, 10)
      assert.deepStrictEqual(callsPerJob, { act: 2, plan: 0, reflect: 0 })
      assert.deepStrictEqual(tokensPerJob, { act: 60, plan: 0, reflect: 0 })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("failed jobs are counted by reason", () =>
    Effect.gen(function* () {
      const stats = yield* counted
      stats.onFailed("wrong")
      stats.onFailed("late")
      stats.onFailed("wrong")
      stats.onFailed()

      const { failed, failures } = yield* jobs
      assert.deepStrictEqual([failed, failures], [4, { wrong: 2, late: 1, refused: 0 }])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect.each([
    { name: "four minutes are too few for a variation", counts: [3, 3, 3, 3], expected: null },
    { name: "equal minutes have a variation of 0", counts: [3, 3, 3, 3, 3], expected: 0 },
    { name: "minutes that deviate by their mean have a variation of 1", counts: [0, 2, 0, 2, 0, 2], expected: 1 },
    { name: "minutes before the last hour do not count", counts: [7, ...minutesOf(60, 1)], expected: 0 },
    { name: "an hour without jobs has no variation", counts: [5, ...minutesOf(100, 0)], expected: null }
  ])("$name", ({ counts, expected }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* variation(counts), expected)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("minutes that pass between two reads count", () =>
    Effect.gen(function* () {
      const stats = yield* counted
      yield* variation([1, 1, 1, 1, 1])
      yield* TestClock.adjust("55 minutes")
      stats.onCompleted()

      assert.closeTo((yield* jobs).variation!, Math.sqrt(11), 1e-9)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("jobs are judged after ten minutes of jobs", () =>
    Effect.gen(function* () {
      const stats = yield* counted
      yield* TestClock.adjust("1 hour")
      for (let job = 0; job < 40; job++) {
        stats.onCreated()
        if (job % 2 === 0) stats.onCompleted()
        yield* TestClock.adjust("15 seconds")
        if (job === 38) assert.deepStrictEqual(yield* missed, [])
      }

      assert.deepStrictEqual(yield* missed, ["jobs"])
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* missed, [])
    }).pipe(Effect.provide(Stats.layer))
  )
})
