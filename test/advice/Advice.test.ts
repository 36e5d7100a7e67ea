import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answer, follow, play, type Scene } from "../support/advice.ts"
import { calm, mends } from "../support/mends.ts"

describe("Advice on the default stack", () => {
  it.effect("without a problem there are no findings, and the summary says so", () =>
    Effect.gen(function* () {
      const advice = yield* play(calm)

      assert.deepStrictEqual(advice.findings, [])
      assert.isNull(advice.binding)
      assert.match(advice.summary, /^All is well/)
    })
  )

  it.effect("a queue filled by the rate limit recovers with a higher rate or with fewer jobs", () =>
    Effect.gen(function* () {
      const scene: Scene = { ...calm, limits: { requestsPerSecond: 0.4 } }
      const { before, finding, variables } = yield* mends(scene, "queue", 2)

      assert.strictEqual(before.binding, "rate")
      assert.strictEqual(finding.limit, "rate")
      assert.deepStrictEqual(variables, [["LLM_REQUESTS_PER_SECOND"], ["JOBS_PER_MIN"]])
    })
  )

  it.effect("a queue filled by the concurrency limit recovers with more permits or with fewer jobs", () =>
    Effect.gen(function* () {
      const limits = { deadline: "1 hour" } as const
      const scene: Scene = { ...calm, limits, jobsPerMinute: 20, model: () => answer("10 seconds") }
      const { finding, variables } = yield* mends(scene, "queue", 2)

      assert.strictEqual(finding.limit, "permits")
      assert.deepStrictEqual(variables, [["LLM_MAX_CONCURRENT_REQUESTS"], ["JOBS_PER_MIN"]])
    })
  )

  it.effect(
    "where a preset's limits bind and the model has room, the adaptive preset mends it with nothing to set",
    () =>
      Effect.gen(function* () {
        const limits = { preset: "default", requestsPerSecond: 0.4 } as const
        const { finding, variables } = yield* mends({ ...calm, limits }, "queue", 3)

        assert.deepStrictEqual(variables, [["LLM_REQUESTS_PER_SECOND"], ["LLM_PRESET"], ["JOBS_PER_MIN"]])
        const [change] = finding.remedies[1]!.change
        assert.deepInclude(change, { from: "default", to: "adaptive" })
        assert.match(change!.why, /calls arrive at 0\.5 per second, the rate limit lets them start at 0\.4 per second/)
      })
  )

  it.effect("a queue filled by the token limit recovers with more tokens or with fewer jobs", () =>
    Effect.gen(function* () {
      const scene: Scene = { ...calm, limits: { tokensPerMinute: 2000 } }
      const { finding, variables } = yield* mends(scene, "queue", 2)

      assert.strictEqual(finding.limit, "tokens")
      assert.deepStrictEqual(variables, [["LLM_TOKENS_PER_MINUTE"], ["JOBS_PER_MIN"]])
    })
  )

  it.effect("a queue behind two low limits recovers if both are raised", () =>
    Effect.gen(function* () {
      const limits = { requestsPerSecond: 0.45, maxConcurrentRequests: 2 }
      const { variables } = yield* mends({ ...calm, limits, model: () => answer("5 seconds") }, "queue", 2)

      assert.deepStrictEqual(variables[0], ["LLM_MAX_CONCURRENT_REQUESTS", "LLM_REQUESTS_PER_SECOND"])
    })
  )

  it.effect("bursts that overflow a short queue fit into a longer one", () =>
    Effect.gen(function* () {
      const scene: Scene = { ...calm, limits: { maxQueueSize: 10 }, jobsPerMinute: 10, together: 20 }
      const { finding, variables } = yield* mends(scene, "refusals", 1)

      assert.strictEqual(finding.limit, "queue")
      assert.deepStrictEqual(variables, [["LLM_MAX_QUEUE_SIZE"]])
    })
  )

  it.effect("jobs lost to a full queue recover with a higher rate or with fewer jobs", () =>
    Effect.gen(function* () {
      const scene: Scene = { ...calm, limits: { requestsPerSecond: 0.2, maxQueueSize: 5 } }
      const { finding } = yield* mends(scene, "jobs", 2)

      assert.match(finding.message, /the queue overflows/)
    })
  )

  it.effect("jobs that wait for agents recover with more agents", () =>
    Effect.gen(function* () {
      const { finding, variables } = yield* mends({ ...calm, agents: 1, model: () => answer("4 seconds") }, "jobs", 1)

      assert.isNull(finding.limit)
      assert.deepStrictEqual(variables, [["POPULATION_SIZE"]])
    })
  )
})

describe("Advice on idle limits", () => {
  it.effect("rate and permits far above the load are reported as idle, and no longer after the remedy", () =>
    Effect.gen(function* () {
      const scene: Scene = { ...calm, limits: { maxConcurrentRequests: 50, requestsPerSecond: 100 } }
      const before = yield* play(scene)
      const idle = before.findings.flatMap(({ remedies }) => remedies)
      const after = yield* play(idle.reduce(follow, scene))

      assert.deepStrictEqual(
        before.findings.map(({ rule }) => rule),
        ["idleRate", "idlePermits"]
      )
      assert.match(before.summary, /^All is well.*could be tighter/)
      assert.deepStrictEqual(after.findings, [])
    })
  )
})
