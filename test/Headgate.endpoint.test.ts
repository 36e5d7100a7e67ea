import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Gate, Headgate, Preset } from "../src/index.ts"

const wrong = (limits: object) =>
  Headgate.endpoint(limits as never).pipe(
    Layer.provide(Gate.layerNoop),
    Layer.build,
    Effect.scoped,
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("The limits of an endpoint", () => {
  it.effect("that are left out are named", () =>
    Effect.gen(function* () {
      const message = yield* wrong({})

      for (const name of ["maxConcurrentRequests", "requestsPerSecond", "circuitBreaker", "requestTimeout"]) {
        assert.match(message, new RegExp(`^${name} is missing`, "m"))
      }
    })
  )

  it.effect("of its circuit breaker are named by their path", () =>
    Effect.gen(function* () {
      const limits = { ...Preset.presets.default, circuitBreaker: { maxFailures: 5 } }

      assert.match(yield* wrong(limits), /^circuitBreaker\.timeout is missing/)
    })
  )

  it.effect("may come from a preset, with more than an endpoint needs", () =>
    Effect.scoped(Layer.build(Layer.provide(Headgate.endpoint(Preset.presets.default), Gate.layerNoop)))
  )
})
