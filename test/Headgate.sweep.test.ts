import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import { Stats } from "../src/Stats.ts"
import { check, Interruption, Law } from "../src/testing.ts"
import { yieldIntervals } from "./support/runs.ts"
import { guaranteesOf } from "./support/stacks.ts"

const settings: Headgate.Options = {
  maxConcurrentRequests: 2,
  requestsPerSecond: 5,
  maxQueueSize: 2,
  circuitBreaker: { maxFailures: 2, timeout: "2 seconds" },
  maxWait: "20 seconds",
  requestTimeout: "30 seconds"
}

describe("A call interrupted at any step", () => {
  it.effect("leaves the default stack as if it had never been", () =>
    check(Law.all, Headgate.make(settings), { ...guaranteesOf(settings), yieldEvery: yieldIntervals, runs: 1 })
  )

  it.effect("leaves the preset `adaptive` as if it had never been", () => {
    const adaptive: Headgate.Options = { ...settings, preset: "adaptive", requestsPerSecond: Infinity }
    const guarantees = { ...guaranteesOf(adaptive), perSecond: Infinity }
    return check(Law.all, Headgate.make(adaptive), { ...guarantees, yieldEvery: yieldIntervals, runs: 1 })
  })

  it.effect("leaves the slot of the probe to another call", () => {
    const breaking = Headgate.make({
      ...settings,
      maxRetries: 0,
      circuitBreaker: { maxFailures: 1, timeout: "2 seconds" }
    })
    const probing = (step: number) =>
      Effect.gen(function* () {
        const { pass } = yield* Gate
        yield* Effect.exit(pass({}, Effect.fail({ status: 500 })))
        yield* TestClock.adjust("2 seconds")
        const probe = yield* Interruption.at(step, pass({}, Effect.sleep("1 second")))
        yield* TestClock.adjust("500 millis")
        const left = probe.fiber.pollUnsafe() !== undefined
        const { circuitBreaker } = yield* (yield* Stats).snapshot
        assert.strictEqual(circuitBreaker.state, "half-open")

        const second = yield* Effect.forkChild(Effect.exit(pass({}, Effect.succeed("answer"))))
        yield* TestClock.adjust("10 seconds")
        const exit = yield* Fiber.join(second)
        if (left) assert.deepStrictEqual(exit, Exit.succeed("answer"))
        return probe.reached()
      }).pipe(Effect.provide(breaking, { local: true }))

    return Effect.gen(function* () {
      assert.isAbove(yield* Interruption.everyStep(probing), 20)
    })
  })
})
