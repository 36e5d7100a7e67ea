import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import { Stats } from "../src/Stats.ts"

describe("Headgate", () => {
  it.effect("limits that are off are null in the snapshot, and admit", () =>
    Effect.gen(function* () {
      for (let call = 0; call < 10; call++) yield* Effect.exit(Gate.pass({}, Effect.fail("down")))
      const answer = yield* Gate.pass({}, Effect.succeed("answer"))
      const { circuitBreaker, queue, rate } = yield* (yield* Stats).snapshot

      assert.strictEqual(answer, "answer")
      assert.deepStrictEqual(
        [circuitBreaker.maxFailures, circuitBreaker.retryAfterMs, queue.maxConcurrent, rate.perSecond],
        [null, null, null, null]
      )
    }).pipe(
      Effect.provide(
        Headgate.make({
          maxConcurrentRequests: Infinity,
          requestsPerSecond: Infinity,
          circuitBreaker: { maxFailures: Infinity },
          maxRetries: 0
        })
      )
    )
  )

  it.effect("a call that is made again goes behind all who wait", () =>
    Effect.gen(function* () {
      const starts: Array<string> = []
      let failures = 1
      const call = (name: string) =>
        Gate.pass(
          {},
          Effect.suspend(() => {
            starts.push(name)
            return name === "a" && failures-- > 0 ? Effect.fail({ status: 500 }) : Effect.sleep("1 second")
          })
        )
      const calls = yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) =>
        Effect.forkChild(call(name), { startImmediately: true })
      )
      yield* TestClock.adjust("5 seconds")
      yield* Effect.forEach(calls, Fiber.join)

      assert.deepStrictEqual(starts, ["a", "b", "c", "d", "e", "a"])
    }).pipe(Effect.provide(Headgate.make({ maxConcurrentRequests: 1, requestsPerSecond: Infinity, maxRetries: 1 })))
  )
})
