import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Stats } from "../../src/Stats.ts"
import { effortless } from "../support/effort.ts"

const jobs = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, (figures) => figures.jobs))

const minutesOf = (length: number, jobs: number) => Array.from({ length }, () => jobs)

/** The variation of jobs completed, given the count of each minute. */
const variation = Effect.fnUntraced(function* (counts: ReadonlyArray<number>) {
  const { record } = yield* Stats
  record({ _tag: "JobCreated" })
  for (const count of counts) {
    for (let job = 0; job < count; job++) record({ _tag: "JobEnded", completed: true })
    yield* TestClock.adjust("1 minute")
  }
  return (yield* jobs).variation
})

describe("Stats jobs", () => {
  it.effect("calls are counted by purpose, and tokens by purpose per completed job", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      record({ _tag: "JobCall", purpose: "plan", tokens: 100 })
      record({ _tag: "JobCall", purpose: "act", tokens: 40 })
      record({ _tag: "JobCall", purpose: "act", tokens: 60 })
      record({ _tag: "JobCall", purpose: "reflect", tokens: 30 })
      assert.deepStrictEqual((yield* jobs).tokensPerJob, effortless.tokensPerJob)
      record({ _tag: "PlanReused" })
      record({ _tag: "ReflectionSkipped" })
      for (let job = 0; job < 4; job++) {
        record({ _tag: "JobCreated" })
        record({ _tag: "JobEnded", completed: true })
      }

      const { calls, plansReused, reflectionsPerJob, reflectionsSkipped, tokensPerJob } = yield* jobs
      assert.deepStrictEqual(calls, { act: 2, plan: 1, reflect: 1 })
      assert.deepStrictEqual(tokensPerJob, { act: 25, plan: 25, reflect: 7.5 })
      assert.deepStrictEqual([plansReused, reflectionsPerJob, reflectionsSkipped], [1, 0.25, 1])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("failed jobs are counted by reason", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      record({ _tag: "JobEnded", completed: false, failure: "wrong" })
      record({ _tag: "JobEnded", completed: false, failure: "late" })
      record({ _tag: "JobEnded", completed: false, failure: "wrong" })
      record({ _tag: "JobEnded", completed: false })

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
      const { record } = yield* Stats
      yield* variation([1, 1, 1, 1, 1])
      yield* TestClock.adjust("55 minutes")
      record({ _tag: "JobEnded", completed: true })

      assert.closeTo((yield* jobs).variation!, Math.sqrt(11), 1e-9)
    }).pipe(Effect.provide(Stats.layer))
  )
})
