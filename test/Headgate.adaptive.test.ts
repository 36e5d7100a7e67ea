import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { Headgate, Stats } from "../src/index.ts"
import { check, Law } from "../src/testing.ts"
import { runs, yieldIntervals } from "./support/runs.ts"
import { guaranteesOf } from "./support/stacks.ts"

const maxConcurrent = Effect.map(
  Effect.flatMap(Stats, ({ snapshot }) => snapshot),
  ({ queue }) => queue.maxConcurrent
)

const from = (env: Record<string, string>) =>
  Headgate.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

/** The limit that follows the model makes calls wait that its upper bound would let start. */
const withUnknownLimit = Law.all.map((law) =>
  law.name === "liveness" ? { ...law, during: () => Effect.succeed([]) } : law
)

describe("Headgate, adaptive", () => {
  it.effect("the preset has the same limit from the environment as from values", () =>
    Effect.gen(function* () {
      const fromValues = yield* Effect.provide(maxConcurrent, Headgate.make({ preset: "adaptive" }))
      const fromEnvironment = yield* Effect.provide(maxConcurrent, from({ LLM_PRESET: "adaptive" }))

      assert.isNotNull(fromValues)
      assert.strictEqual(fromEnvironment, fromValues)
    })
  )

  it.effect("a limit that is set wins over the one that follows the model", () =>
    Effect.gen(function* () {
      const layer = from({ LLM_PRESET: "adaptive", LLM_MAX_CONCURRENT_REQUESTS: "12" })

      assert.strictEqual(yield* Effect.provide(maxConcurrent, layer), 12)
    })
  )

  it.effect("the preset keeps every law, with a limit that is set and with one that follows the model", () =>
    Effect.gen(function* () {
      for (const maxConcurrentRequests of [2, undefined]) {
        const options: Headgate.Options = {
          preset: "adaptive",
          maxConcurrentRequests,
          maxQueueSize: 3,
          requestTimeout: "6 seconds",
          circuitBreaker: { maxFailures: 2, timeout: "2 seconds" }
        }
        const guarantees = { ...guaranteesOf(options), perSecond: Infinity, permits: maxConcurrentRequests ?? 64 }
        const laws = maxConcurrentRequests === undefined ? withUnknownLimit : Law.all
        yield* check(laws, Headgate.make(options), {
          ...guarantees,
          runs: runs(4, 60),
          stride: runs(7, 1),
          yieldEvery: yieldIntervals
        })
      }
    })
  )
})
