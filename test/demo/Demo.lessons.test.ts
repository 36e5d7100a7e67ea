import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type * as Reflect from "../../src/agents/Reflect.ts"
import { lives } from "../support/world.ts"

/** A hundred jobs for which one result may be handed in, so that whoever does not know the customs of the house fails. */
const strict = (reflect: Reflect.Options, seed: number) =>
  lives({ agents: { jobs: 100, attempts: 1, reflect, seed }, model: { slipRate: 0, seed } })

describe("Where lessons matter", () => {
  it.live.each([1, 2])(
    "reflecting where something is new completes as many jobs as reflecting always (seed %d)",
    (seed) =>
      Effect.gen(function* () {
        const never = yield* strict({ perHour: 0 }, seed)
        const always = yield* strict({ after: "job", perHour: 1000 }, seed)
        const where = yield* strict({}, seed)

        assert.isBelow(never.jobs.completed, 60)
        assert.isAbove(always.jobs.completed, 85)
        assert.isAtLeast(where.jobs.completed, always.jobs.completed)
        assert.isAbove(always.jobs.reflectionsPerJob, 0.9)
        assert.isAtMost(where.jobs.reflectionsPerJob, 0.15)
        assert.isBelow(where.tokens.total, always.tokens.total)
      })
  )

  it.live("with the usual number of results, the default run reflects seldom and completes nearly all", () =>
    Effect.gen(function* () {
      const { jobs } = yield* lives({ agents: { jobs: 200 } })

      assert.isAtMost(jobs.reflectionsPerJob, 0.15)
      assert.isAtLeast(jobs.completed, 195)
      assert.isBelow(jobs.tokensPerJob.act + jobs.tokensPerJob.plan + jobs.tokensPerJob.reflect, 320)
    })
  )

  it.live("a population under pressure leaves reflections out, counts them, and loses no job", () =>
    Effect.gen(function* () {
      const { jobs, requests } = yield* lives({ agents: { jobs: 120, jobsPerMinute: 600, size: 40 } })

      assert.isAbove(jobs.reflectionsSkipped, 10)
      assert.strictEqual(jobs.created, jobs.completed + jobs.failed)
      assert.strictEqual(jobs.calls.act + jobs.calls.plan + jobs.calls.reflect, requests.succeeded)
    })
  )
})
