import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, type Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../src/Gate.ts"
import * as Headgate from "../src/Headgate.ts"
import type { Rejection } from "../src/Rejection.ts"
import { standing } from "./support/gate.ts"

const ask = Gate.pass({ deadline: "300 millis" }, Effect.never)

/** Starts a call, and closes the layer of its gate; gives back the call, and a way to begin one more. */
const outlive = (options: Headgate.Options) =>
  Effect.gen(function* () {
    const { pass } = yield* Gate
    const first: Fiber.Fiber<never, Rejection> = yield* Effect.forkDetach(ask)
    yield* Effect.yieldNow
    return { first, begin: Effect.forkDetach(pass({ deadline: "300 millis" }, Effect.never)) }
  }).pipe(Effect.provide(Headgate.make(options)))

describe("A gate whose layer has closed", () => {
  it.effect("still ends the calls that run by their deadline, and those that begin later", () =>
    Effect.gen(function* () {
      const { begin, first } = yield* outlive({ requestTimeout: "10 seconds", maxRetries: 0 })
      yield* TestClock.adjust("299 millis")
      assert.strictEqual(standing(first), "pending")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(standing(first), "DeadlineExceeded")

      yield* TestClock.adjust(Duration.seconds(10))
      const second = yield* begin
      yield* TestClock.adjust("300 millis")
      assert.strictEqual(standing(second), "DeadlineExceeded")
    })
  )

  it.effect("still gives a call its turn when the rate allows", () =>
    Effect.gen(function* () {
      const { begin, first } = yield* outlive({ requestsPerSecond: 4, maxRetries: 0 })
      const second = yield* begin
      yield* TestClock.adjust("550 millis")
      assert.strictEqual(standing(first), "DeadlineExceeded")
      assert.strictEqual(standing(second), "DeadlineExceeded")
    })
  )
})
