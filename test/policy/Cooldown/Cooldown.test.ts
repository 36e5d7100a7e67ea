import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as Headgate from "../../../src/Headgate.ts"
import { standing } from "../../support/gate.ts"

const limited = Effect.fail({ status: 429, headers: { "retry-after": "3" } })

describe("Cooldown in the default stack", () => {
  it.effect("a 429 of a call that names its model holds up that model alone, and one that names none all", () =>
    Effect.gen(function* () {
      const ask = (model: string | undefined) => Effect.forkChild(Gate.pass({ model }, Effect.void))
      yield* Effect.exit(Gate.pass({ model: "a" }, limited))
      yield* TestClock.adjust("1 second")
      const [same, other, unnamed] = [yield* ask("a"), yield* ask("b"), yield* ask(undefined)]
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([same, other, unnamed].map(standing), ["pending", "succeeded", "succeeded"])
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(standing(same), "succeeded")

      yield* Effect.exit(Gate.pass({}, limited))
      const next = yield* ask("b")
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(standing(next), "pending")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(standing(next), "succeeded")
    }).pipe(
      Effect.provide(
        Headgate.make({
          requestsPerSecond: Infinity,
          maxConcurrentRequests: 5,
          maxRetries: 0,
          requestTimeout: "1 minute"
        })
      )
    )
  )
})
