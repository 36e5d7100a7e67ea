import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import { Stats } from "../../src/Stats.ts"
import { calls } from "../support/calls.ts"

const health = Effect.flatMap(Stats, ({ snapshot }) => Effect.map(snapshot, (figures) => figures.health))
const missed = Effect.flatMap(Stats, ({ targets }) =>
  Effect.map(targets, (all) => all.flatMap(({ met, name }) => (met ? [] : [name])))
)

describe("Stats health", () => {
  it.effect("health covers the last hour, successRate the time since the start", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      calls(record, 4, "failed")
      assert.strictEqual((yield* health).status, "unhealthy")
      yield* TestClock.adjust("1 hour")
      calls(record, 4, "succeeded")

      const { health: after, requests } = yield* snapshot
      assert.strictEqual(after.status, "healthy")
      assert.strictEqual(requests.successRate, 0.5)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("cancelled and rejected calls do not lower the success rate", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      calls(record, 5, "cancelled")
      record({ _tag: "Arrived", caller: "ada" })
      record({ _tag: "Ended", caller: "ada", outcome: "rejected", reason: "QueueFull", latency: undefined })
      calls(record, 1, "succeeded")

      const { health: now, requests } = yield* snapshot
      assert.strictEqual(requests.successRate, 1)
      assert.strictEqual(now.status, "healthy")
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("one timeout in a hundred calls misses the target; two hundred more calls meet it again", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      calls(record, 99, "succeeded")
      calls(record, 1, "timedOut")
      const before = yield* missed
      calls(record, 200, "succeeded")

      assert.deepStrictEqual(before, ["timeouts"])
      assert.deepStrictEqual(yield* missed, [])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("one timeout of fewer than a hundred calls says nothing of health, two do", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      calls(record, 60, "succeeded")
      calls(record, 1, "timedOut")
      const one = yield* missed
      calls(record, 1, "timedOut")

      assert.deepStrictEqual(one, [])
      assert.deepStrictEqual(yield* missed, ["timeouts"])
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("deadlines that callers set are no timeouts, and lower the success rate once they are ten", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const late = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(pass({ deadline: 1 }, Effect.never)))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
      })
      yield* Effect.replicateEffect(late, 9)
      const nine = yield* health
      yield* late

      assert.strictEqual(nine.status, "healthy")
      assert.deepStrictEqual(yield* missed, ["success"])
      assert.strictEqual((yield* (yield* Stats).recent).callerDeadlines, 10)
    }).pipe(Effect.provide(Headgate.make({ maxRetries: 0, requestsPerSecond: Infinity })))
  )

  it.effect("deadlines that the gate sets are timeouts", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      for (let call = 0; call < 2; call++) {
        const fiber = yield* Effect.forkChild(Effect.exit(pass({}, Effect.never)))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
      }

      assert.deepStrictEqual(yield* missed, ["success", "timeouts"])
    }).pipe(Effect.provide(Headgate.make({ deadline: 10, requestsPerSecond: Infinity })))
  )

  it.effect("a status is dated by the wall clock at the moment it begins", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      const begun = yield* health
      yield* TestClock.adjust("90 seconds")
      record({ _tag: "Circuit", state: "open", failures: 5 })
      yield* TestClock.adjust("30 seconds")
      const open = yield* health
      record({ _tag: "Circuit", state: "closed", failures: 0 })

      assert.deepStrictEqual(begun, { status: "healthy", since: "1970-01-01T00:00:00.000Z" })
      assert.deepStrictEqual(open, { status: "unhealthy", since: "1970-01-01T00:01:30.000Z" })
      assert.deepStrictEqual(yield* health, { status: "degraded", since: "1970-01-01T00:02:00.000Z" })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a status that time alone changes is dated to the minute, although nothing was read", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* TestClock.adjust("1 hour")
      calls(record, 1, "failed")
      yield* TestClock.adjust("9 hours")

      assert.deepStrictEqual(yield* health, { status: "healthy", since: "1970-01-01T02:00:01.000Z" })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a status that calls change is dated to the second, although nothing was read", () =>
    Effect.gen(function* () {
      const { record } = yield* Stats
      yield* TestClock.adjust("10 minutes")
      calls(record, 3, "failed")
      for (let second = 0; second < 60; second++) {
        yield* TestClock.adjust("1 second")
        calls(record, 1, "failed")
      }

      assert.deepStrictEqual(yield* health, { status: "unhealthy", since: "1970-01-01T00:10:01.000Z" })
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("before the first call the success rate is 1", () =>
    Effect.gen(function* () {
      const { snapshot } = yield* Stats

      assert.strictEqual((yield* snapshot).requests.successRate, 1)
    }).pipe(Effect.provide(Stats.layer))
  )

  it.effect("a half-open circuit is not reported as open", () =>
    Effect.gen(function* () {
      const { record, snapshot } = yield* Stats
      record({ _tag: "Circuit", state: "open", failures: 5 })
      const open = (yield* snapshot).circuitBreaker
      record({ _tag: "Circuit", state: "half-open", failures: 5 })
      const probing = (yield* snapshot).circuitBreaker

      assert.deepStrictEqual([open.isOpen, open.state], [true, "open"])
      assert.deepStrictEqual([probing.isOpen, probing.state], [false, "half-open"])
    }).pipe(Effect.provide(Stats.layer))
  )
})
