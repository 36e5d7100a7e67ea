import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import { Headgate, Stats } from "../src/index.ts"

const maxConcurrent = Effect.map(
  Effect.flatMap(Stats, ({ snapshot }) => snapshot),
  ({ queue }) => queue.maxConcurrent
)

const from = (env: Record<string, string>) =>
  Headgate.layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

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
})
