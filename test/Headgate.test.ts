import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ask } from "../src/domain/Ask.ts"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import { Stats } from "../src/Stats.ts"

describe("Headgate", () => {
  it.effect("limits that are off are null in the snapshot, and admit", () =>
    Effect.gen(function* () {
      for (let call = 0; call < 10; call++) yield* Effect.exit(Gate.pass(Ask.make(), Effect.fail("down")))
      const answer = yield* Gate.pass(Ask.make(), Effect.succeed("answer"))
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
})
