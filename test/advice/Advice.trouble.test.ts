import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { answer, follow, play, type Scene } from "../support/advice.ts"
import { calm, found, mends, rules } from "../support/mends.ts"

describe("Advice on a failing or slow model", () => {
  it.effect("a circuit opened by an overloaded model stays closed with fewer calls at once", () =>
    Effect.gen(function* () {
      const model = (running: number) =>
        running > 2 ? Effect.fail({ status: 503 }) : Effect.as(Effect.sleep("4 seconds"), "answer")
      const limits = { maxConcurrentRequests: 5, maxRetries: 0, circuitBreaker: { maxFailures: 2 } }
      const { finding, variables } = yield* mends(
        { ...calm, limits, jobsPerMinute: 25, together: 6, model },
        "circuit",
        1
      )

      assert.strictEqual(finding.limit, "breaker")
      assert.deepStrictEqual(variables[0], ["LLM_MAX_CONCURRENT_REQUESTS"])
    })
  )

  it.effect("a model that probes keep from recovering recovers with a longer open duration", () =>
    Effect.gen(function* () {
      // It fails once, and is well again after forty seconds without a call.
      const model = (): Scene["model"] => {
        let since: number | undefined = 60_000
        return (_, at) => {
          if (since === undefined || at < since) return answer("1 second")
          const well = at - since >= 40_000
          since = well ? undefined : at
          return well ? answer("1 second") : Effect.fail({ status: 503 })
        }
      }
      const scene: Scene = { limits: { maxRetries: 0 }, jobsPerMinute: 60, model: model(), minutes: 68 }
      const finding = found(yield* play(scene), "circuit")
      const longer = finding?.remedies.at(-1)
      const after = yield* play({ ...follow(scene, longer!), model: model() })

      assert.strictEqual(longer?.change[0]?.variable, "LLM_CIRCUIT_BREAKER_TIMEOUT_MS")
      assert.deepStrictEqual(rules(after), [])
    })
  )

  it.effect("timeouts of long answers stop with a longer timeout", () =>
    Effect.gen(function* () {
      let calls = 0
      const model = () => answer(++calls % 4 === 0 ? "12 seconds" : "8 seconds")
      const limits = { requestTimeout: 10_000, deadline: 20_000, maxRetries: 0, maxConcurrentRequests: 10 }
      const { variables } = yield* mends({ ...calm, limits, model }, "timeouts", 1)

      assert.deepStrictEqual(variables[0], ["LLM_REQUEST_TIMEOUT_MS", "LLM_DEADLINE_MS"])
    })
  )

  it.effect("timeouts of calls that hang stop with a shorter timeout and a retry", () =>
    Effect.gen(function* () {
      let calls = 0
      const model = () => (++calls % 10 === 0 ? Effect.never : answer("2 seconds"))
      const limits = { maxRetries: 0, maxConcurrentRequests: 20 }
      const { variables } = yield* mends({ ...calm, limits, model }, "timeouts", 1)

      assert.deepStrictEqual(variables[0], ["LLM_REQUEST_TIMEOUT_MS", "LLM_MAX_RETRIES"])
    })
  )

  it.effect("transient failures are hidden by retries", () =>
    Effect.gen(function* () {
      let calls = 0
      const model = () => (++calls % 5 === 0 ? Effect.fail({ status: 500 }) : answer("1 second"))
      const { variables } = yield* mends({ ...calm, limits: { maxRetries: 0 }, model }, "success", 1)

      assert.deepStrictEqual(variables[0], ["LLM_MAX_RETRIES"])
    })
  )

  it.effect("for failures that do not follow the load it advises no less load", () =>
    Effect.gen(function* () {
      let calls = 0
      const kinds: Readonly<Record<string, Scene["model"]>> = {
        random: () => (Math.abs(Math.sin(++calls)) < 0.5 ? Effect.fail({ status: 500 }) : answer("2 seconds")),
        down: () => Effect.fail(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))
      }
      for (const [name, model] of Object.entries(kinds)) {
        for (const together of [1, 6]) {
          const advice = yield* play({ ...calm, limits: { maxConcurrentRequests: 4, maxRetries: 0 }, together, model })
          const changed = advice.findings.flatMap(({ remedies, severity }) =>
            severity === "info" ? [] : remedies.flatMap(({ change }) => change)
          )
          const failing = found(advice, "success")

          assert.isDefined(failing, name)
          assert.match(failing!.message, name === "down" ? /failed with ECONNREFUSED/ : /failed with 500/)
          const less = changed.filter(({ variable }) => /CONCURRENT|PER_SECOND/.test(variable))
          assert.deepStrictEqual(less, [], `${name}, ${together} at once`)
        }
      }
    })
  )

  it.effect("latency that rises with the load falls with fewer calls at once", () =>
    Effect.gen(function* () {
      // It loses its strength after twenty minutes.
      const model: Scene["model"] = (running, at) => answer(at < 1_200_000 ? 500 : 500 * Math.max(1, running - 3))
      const limits = { maxConcurrentRequests: 8, requestsPerSecond: 20, maxQueueSize: 500 }
      const shape = (minute: number) => (minute < 20 ? 0.5 : 1)
      const scene: Scene = { limits, jobsPerMinute: 40, shape, together: 8, model, minutes: 32 }
      const { before, variables } = yield* mends(scene, "latency", 1)

      assert.deepStrictEqual(rules(before), ["latency"])
      assert.deepStrictEqual(variables, [["LLM_MAX_CONCURRENT_REQUESTS"]])
    })
  )

  it.effect("an open circuit is reported at once, and a longer open duration is advised if it opened before", () =>
    Effect.gen(function* () {
      const model: Scene["model"] = (_, at) => (at < 3_500_000 ? answer(1000) : Effect.fail({ status: 503 }))
      const advice = yield* play({ ...calm, limits: { maxRetries: 0 }, model, minutes: 59 })
      const later = yield* play({ ...calm, limits: { maxRetries: 0 }, model, minutes: 65 })

      assert.strictEqual(advice.status, "unhealthy")
      assert.deepStrictEqual(
        advice.targets.filter(({ met }) => !met),
        []
      )
      assert.strictEqual(advice.binding, "breaker")
      assert.deepStrictEqual(
        advice.findings.map(({ rule, severity }) => [rule, severity]),
        [["circuit", "critical"]]
      )
      assert.deepStrictEqual(
        found(later, "circuit")?.remedies.map(({ change }) =>
          change.map(({ from, to, variable }) => [variable, from, to])
        ),
        [[["LLM_MAX_CONCURRENT_REQUESTS", 3, 1]], [["LLM_CIRCUIT_BREAKER_TIMEOUT_MS", 30_000, 60_000]]]
      )
    })
  )
})
