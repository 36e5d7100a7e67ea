import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit } from "effect"
import { CircuitOpen, DeadlineExceeded, NeverAdmissible, QueueFull, Rejection } from "../src/Rejection.ts"

describe("Rejection", () => {
  it("says what happened, with which value, and when to come back", () => {
    const full = new Rejection({ reason: new QueueFull({ capacity: 50, retryAfter: Duration.millis(417.3) }) })
    const open = new Rejection({ reason: new CircuitOpen({ retryAfter: Duration.millis(9999.59) }) })
    const never = new Rejection({ reason: new NeverAdmissible({ limit: "permits", asked: 4, capacity: 3 }) })

    assert.strictEqual(full.message, "The queue is full: 50 calls wait already. Try again in 418ms.")
    assert.include(open.message, "Try again in 10s.")
    assert.include(never.message, "asks for 4 of a limit (permits) of 3")
  })

  it("a full queue says how many wait in the number it has", () => {
    const messageOf = (capacity: number) => new QueueFull({ capacity, retryAfter: undefined }).message

    assert.strictEqual(messageOf(0), "The queue is full: no call may wait.")
    assert.strictEqual(messageOf(1), "The queue is full: 1 call waits already.")
    assert.strictEqual(messageOf(2), "The queue is full: 2 calls wait already.")
  })

  it("a limit in time has the code of that limit", () => {
    const code = (limit: DeadlineExceeded["limit"]) =>
      new DeadlineExceeded({ limit, started: true, elapsed: Duration.zero, retryAfter: undefined }).code

    assert.deepStrictEqual((["call", "wait", "attempt", "idle"] as const).map(code), [
      "deadline_exceeded",
      "deadline_exceeded",
      "upstream_timeout",
      "upstream_idle_timeout"
    ])
  })

  it("is an error without a stack trace, and leaves those of others alone", () => {
    const before = Error.stackTraceLimit
    const messageOf = (cause?: "slow calls" | "isolated") => new CircuitOpen({ retryAfter: undefined, cause }).message
    assert.match(messageOf(), /because the model kept failing/)
    assert.match(messageOf("slow calls"), /because the model kept answering slowly/)
    assert.match(messageOf("isolated"), /because the program keeps it open/)
    const error = new Rejection({ reason: new CircuitOpen({ retryAfter: undefined }) })

    assert.instanceOf(error, Error)
    assert.notInclude(error.stack, "Rejection.test")
    assert.strictEqual(Error.stackTraceLimit, before)
    assert.include(new Error("other").stack, "Rejection.test")
  })

  it.effect("is caught by its reason", () =>
    Effect.gen(function* () {
      const refused = Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: undefined }) }))
      const caught = refused.pipe(
        Effect.catchReason("Rejection", "QueueFull", ({ capacity }) => Effect.succeed(capacity))
      )
      const missed = refused.pipe(Effect.catchReason("Rejection", "CircuitOpen", () => Effect.succeed(0)))

      assert.strictEqual(yield* caught, 1)
      const exit = yield* Effect.exit(missed)
      assert.isTrue(Exit.isFailure(exit) && Cause.hasFails(exit.cause))
    })
  )
})
