import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Stats } from "../../src/Stats.ts"
import { effortless } from "../support/effort.ts"

const jobs = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, (figures) => figures.jobs))

const minutesOf = (length: number, jobs: number) => Array.from({ length }, () => jobs)

/** What so many jobs in each minute, one after the other, vary by. */
const variation = Effect.fnUntraced(function* (counts: ReadonlyArray<number>) {
  const { record } = yield* Stats
  record({ _tag: "JobCreated" })
  for (const count of counts) {
    for (let job = 0; job < count; job++) record({ _tag: "JobEnded", completed: true })
    yield* TestClock.adjust("1 minute")
  }
  return (yield* jobs).variation
})

describe("Stats, jobs", () => {
  it.effect("calls and tokens are told by purpose, for each job completed", () =>
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

  it.effect("jobs that failed are told by reason", () =>
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
    { name: "four minutes tell nothing", counts: [3, 3, 3, 3], expected: null },
    { name: "even minutes do not vary", counts: [3, 3, 3, 3, 3], expected: 0 },
    { name: "minutes that swing by their mean vary by one", counts: [0, 2, 0, 2, 0, 2], expected: 1 },
    { name: "minutes before the last hour do not count", counts: [7, ...minutesOf(60, 1)], expected: 0 },
    { name: "an hour without jobs tells nothing", counts: [5, ...minutesOf(100, 0)], expected: null }
  ])("$name", ({ counts, expected }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* variation(counts), expected)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("hours that nobody looks at pass like any other", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* variation([1, 1, 1, 1, 1])
      yield* TestClock.adjust("55 minutes")
      record({ _tag: "JobEnded", completed: true })

      assert.closeTo((yield* jobs).variation!, Math.sqrt(11), 1e-9)
    }).pipe(Effect.provide(Stats.layer))
  )
})
