import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { ConcurrencyLimit, StreamProgress, Timeout } from "../../src/index.ts"
import { Upstream } from "../../src/testing.ts"
import { fork, gate } from "../support/gate.ts"

describe("Upstream", () => {
  it.effect("its calls end when and as the test ends them", () =>
    Effect.gen(function* () {
      const upstream = yield* Upstream.make<string, string>()
      const calls = yield* Effect.replicateEffect(fork(Effect.exit(upstream.call)), 3)
      const [first, second, third] = [yield* upstream.next, yield* upstream.next, yield* upstream.next]
      yield* third.succeed("answer")
      yield* first.fail("down")
      yield* second.die("broken")

      assert.deepStrictEqual(yield* Effect.forEach(calls, Fiber.join), [
        Exit.fail("down"),
        Exit.die("broken"),
        Exit.succeed("answer")
      ])
      assert.deepStrictEqual([upstream.peak, upstream.running.length], [3, 0])
    })
  )

  it.effect("sees which calls start, when, and which are aborted", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 1 }))
      const upstream = yield* Upstream.make<string>()
      const leaver = yield* fork(pass({}, upstream.call))
      const stayer = yield* fork(pass({}, upstream.call))
      const first = yield* upstream.next
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(upstream.requests.length, 1)
      yield* Fiber.interrupt(leaver)
      yield* first.ended
      const second = yield* upstream.next

      assert.deepStrictEqual([first.aborted, first.startedAt, first.endedAt], [true, 0, 2000])
      assert.deepStrictEqual([second.aborted, second.startedAt, second.endedAt], [false, 2000, undefined])
      assert.deepStrictEqual([second.index, upstream.running.length, upstream.peak], [1, 1, 1])
      yield* second.succeed("answer")
      assert.strictEqual(yield* Fiber.join(stayer), "answer")
      assert.isFalse(second.aborted)
    })
  )

  it.effect("a call that is slow to stop holds its permit until it has", () =>
    Effect.gen(function* () {
      const pass = yield* gate(ConcurrencyLimit.layer({ permits: 1 }))
      const upstream = yield* Upstream.make<string>({ abortDelay: "250 millis" })
      const leaver = yield* fork(pass({}, upstream.call))
      yield* fork(pass({}, upstream.call))
      leaver.interruptUnsafe()
      yield* TestClock.adjust("249 millis")
      assert.deepStrictEqual([upstream.requests.length, upstream.running.length], [1, 1])
      yield* TestClock.adjust("1 millis")

      assert.deepStrictEqual(
        upstream.requests.map(({ startedAt }) => startedAt),
        [0, 250]
      )
      assert.strictEqual(upstream.peak, 1)
      yield* upstream.requests[1]!.succeed("answer")
    })
  )

  it.effect("policies see its chunks", () =>
    Effect.gen(function* () {
      const upstream = yield* Upstream.make<void>()
      const streamed = Effect.gen(function* () {
        const pass = yield* gate(Timeout.layer({ timeout: "1 second" }))
        return yield* Effect.provideService(pass({}, upstream.call), StreamProgress.current, new StreamProgress())
      })
      const begun = yield* fork(Effect.scoped(streamed))
      const first = yield* upstream.next
      yield* first.chunk
      yield* TestClock.adjust("5 seconds")
      assert.isUndefined(begun.pollUnsafe())
      yield* first.succeed(undefined)
      yield* Fiber.join(begun)

      const silent = yield* fork(Effect.exit(Effect.scoped(streamed)))
      const second = yield* upstream.next
      yield* TestClock.adjust("1 second")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(silent)))
      assert.isTrue(second.aborted)
    })
  )
})
