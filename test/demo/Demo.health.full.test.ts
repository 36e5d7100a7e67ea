import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { lives } from "../support/world.ts"

describe("A population on the default gate", () => {
  it.live("does as well on a model that sometimes fails", () =>
    Effect.gen(function* () {
      const { jobs, targets } = yield* lives({ time: "12 minutes", model: { errorRate: 0.05 } })

      assert.deepStrictEqual(
        targets.filter(({ met }) => !met),
        []
      )
      assert.isAtLeast(jobs.completed / jobs.created, 0.95)
    })
  )

  it.live(
    "that asks for a third more than the limits let start is told which limit binds, and following mends it",
    () =>
      Effect.gen(function* () {
        // A job takes a call and a half; 24 calls a minute make 16 jobs.
        const world = { time: "15 minutes", agents: { jobsPerMinute: 21 }, limits: { requestsPerSecond: 0.4 } } as const
        const { advice } = yield* lives(world)

        assert.notStrictEqual(advice.status, "healthy")
        assert.isFalse(advice.targets.find(({ name }) => name === "queue")!.met)
        assert.strictEqual(advice.binding, "rate")
        const [finding] = advice.findings
        assert.strictEqual(finding!.limit, "rate")
        assert.deepStrictEqual(
          finding!.remedies[0]!.change.map(({ variable }) => variable),
          ["LLM_REQUESTS_PER_SECOND"]
        )

        const requestsPerSecond = Number(finding!.remedies[0]!.change[0]!.to)
        const mended = yield* lives({ ...world, limits: { requestsPerSecond } })
        assert.deepStrictEqual(
          mended.targets.filter(({ met }) => !met),
          []
        )
        assert.strictEqual(mended.advice.status, "healthy")
      })
  )
})
