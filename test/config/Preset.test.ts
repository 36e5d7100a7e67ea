import { assert, describe, it } from "@effect/vitest"
import { names, presets } from "../../src/config/Preset.ts"

describe("Preset", () => {
  it("each preset holds the limits it promises", () => {
    const table = names.map((name) => {
      const { circuitBreaker, maxConcurrentRequests, maxQueueSize, requestsPerSecond } = presets[name]
      const { maxFailures, timeout } = circuitBreaker
      return [name, maxConcurrentRequests, requestsPerSecond, maxQueueSize, maxFailures, timeout]
    })

    assert.deepStrictEqual(table, [
      ["default", 3, 2, 50, 5, 30_000],
      ["heavy", 2, 1, 30, 3, 30_000],
      ["light", 5, 3, 100, 8, 30_000],
      ["unstable", 1, 0.5, 50, 2, 60_000],
      ["adaptive", Infinity, Infinity, 1000, Infinity, 30_000]
    ])
  })

  it("what a preset does not name is the same in all", () => {
    for (const name of names) {
      const { deadline, maxRetries, requestTimeout, streamIdleTimeout, tokensPerMinute } = presets[name]

      assert.deepStrictEqual(
        [requestTimeout, streamIdleTimeout, deadline, maxRetries, tokensPerMinute],
        [60_000, 60_000, 120_000, 2, Infinity],
        name
      )
    }
  })
})
