import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import type { CallOptions, Pass } from "../../../src/Call.ts"
import { TestClock } from "effect/testing"
import type { CircuitOpen } from "../../../src/Rejection.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { recorder } from "../../support/policies.ts"
import { fork, gate, reasonOf, standing, steps, times } from "../../support/gate.ts"

const options = {}
const breaker = CircuitBreaker.layer({ maxFailures: 5, openDuration: "30 seconds" })
const unasked = Effect.die("the model must not be asked")

/** Opens the circuit after 100 ms with a call that holds every permit, while others wait beneath or before it. */
const openWith = Effect.fnUntraced(function* (pass: Pass, waiting: ReadonlyArray<CallOptions>, permits = 1) {
  const fail = Effect.fail({ status: 500 })
  for (const _ of times(4)) yield* Effect.exit(pass(options, fail))
  yield* fork(pass({ permits }, Effect.delay(fail, 100)))
  const fibers = yield* Effect.forEach(waiting, (each) => fork(pass(each, unasked)))
  yield* TestClock.adjust(99)
  for (const fiber of fibers) assert.strictEqual(standing(fiber), "pending")
  yield* TestClock.adjust(1)
  for (const fiber of fibers) {
    const refused = reasonOf(fiber.pollUnsafe()) as CircuitOpen
    assert.strictEqual(refused?._tag, "CircuitOpen")
    assert.strictEqual(Duration.toMillis(refused.retryAfter!), 30_000)
  }
})

const fifty = times(50).map((n) => ({ caller: `caller ${n}` }))

describe("CircuitBreaker, calls that wait", () => {
  it.effect("S62: those waiting for a permit are refused in the tick it opens, and no permit is lost", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(breaker, ConcurrencyLimit.layer({ permits: 5 })))
      const { seen, watch } = recorder()
      yield* openWith(pass, fifty, 5)

      yield* TestClock.adjust("30 seconds")
      yield* pass(options, Effect.void)

      for (const _ of times(9)) yield* fork(pass(options, watch(Effect.never)))
      assert.strictEqual(seen.running, 5)
    })
  )

  it.effect("S62: those waiting for a token are refused in the tick it opens, and no token is spent", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Layer.provide(
          breaker,
          RateLimit.layer({ perSecond: 0.001, burst: 6, cost: ({ tokens }) => (tokens === 0 ? 1 : tokens) })
        )
      )
      yield* openWith(
        pass,
        times(50).map(() => ({ tokens: 2 }))
      )

      yield* TestClock.adjust("30 seconds")
      const probe = yield* fork(pass(options, Effect.void))

      assert.strictEqual(standing(probe), "succeeded")
    })
  )

  it.effect("S62: an admission queue before it empties in the tick it opens", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        AdmissionQueue.layer({ capacity: 50 }).pipe(
          Layer.provide(breaker),
          Layer.provide(ConcurrencyLimit.layer({ permits: 5 })),
          Layer.provide(RateLimit.layer({ perSecond: 100, burst: 10 }))
        )
      )

      yield* openWith(pass, fifty, 5)
    })
  )

  it.effect("an interrupted probe leaves its slot to the next call", () =>
    Effect.gen(function* () {
      const pass = yield* gate(breaker)
      yield* openWith(pass, [])
      yield* TestClock.adjust("30 seconds")

      const probe = yield* fork(pass(options, Effect.never))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.interrupt(probe)

      assert.strictEqual(standing(yield* fork(pass(options, Effect.void))), "succeeded")
    })
  )

  it.effect("a candidate that leaves while it waits beneath leaves its slot, and one that is refused there too", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(breaker, ConcurrencyLimit.layer({ permits: 6 })))
      const holder = yield* fork(pass(options, Effect.never))
      yield* openWith(pass, [])
      yield* TestClock.adjust("30 seconds")

      const candidate = yield* fork(pass({ permits: 6 }, unasked))
      assert.strictEqual(reasonOf(yield* Effect.exit(pass(options, unasked)))?._tag, "CircuitOpen")
      yield* Fiber.interrupt(candidate)
      const refused = yield* Effect.exit(pass({ permits: 7 }, unasked))
      assert.strictEqual(reasonOf(refused)?._tag, "NeverAdmissible")

      // Neither has closed the circuit: there is one slot still.
      const probe = yield* fork(pass(options, Effect.sleep("1 second")))
      assert.strictEqual(reasonOf(yield* Effect.exit(pass(options, unasked)))?._tag, "CircuitOpen")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(standing(probe), "succeeded")
      yield* Fiber.interrupt(holder)
    })
  )

  it.effect("a candidate that waits long beneath is still the only one, and its success closes", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(breaker, ConcurrencyLimit.layer({ permits: 5 })))
      const { seen, watch } = recorder()
      yield* openWith(pass, [])
      yield* TestClock.adjust("30 seconds")
      const probe = yield* fork(pass(options, watch(Effect.sleep("5 seconds"))))
      const others = yield* Effect.forEach(times(20), () => fork(pass(options, watch(Effect.void))))

      yield* TestClock.adjust("5 seconds")

      assert.strictEqual(standing(probe), "succeeded")
      for (const other of others) assert.strictEqual(standing(other), "CircuitOpen")
      assert.strictEqual(seen.starts.length, 1)
    })
  )

  it.effect("a candidate that waits beneath is refused in the tick in which another probe has taken too long", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        CircuitBreaker.layer({ maxFailures: 1, openDuration: "1 second", probes: 2, probeTimeout: "5 seconds" }).pipe(
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
        )
      )
      yield* Effect.exit(pass(options, Effect.fail("down")))
      yield* TestClock.adjust("1 second")
      yield* fork(pass(options, Effect.never))
      const candidate = yield* fork(pass(options, unasked))

      yield* TestClock.adjust(4999)
      assert.strictEqual(standing(candidate), "pending")
      yield* TestClock.adjust(1)
      assert.strictEqual(standing(candidate), "CircuitOpen")
    })
  )

  it.effect("a call that is let in by a queue in the tick of an opening is refused too", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        AdmissionQueue.layer({ capacity: 10 }).pipe(
          Layer.provide(CircuitBreaker.layer({ maxFailures: 1, openDuration: "30 seconds" })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
        )
      )
      const { seen, watch } = recorder()
      yield* fork(pass(options, watch(Effect.delay(Effect.fail("down"), 10))))
      const others = yield* Effect.forEach(times(5), (n) => fork(pass({ caller: `${n}` }, watch(Effect.void))))

      yield* TestClock.adjust(10)
      yield* steps(10)

      assert.deepStrictEqual(others.map(standing), Array.from({ length: 5 }).fill("CircuitOpen"))
      assert.deepStrictEqual(seen.starts, [0])
    })
  )
})
