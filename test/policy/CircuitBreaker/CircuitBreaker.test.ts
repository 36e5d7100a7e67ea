import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type CircuitOpen, QueueFull, Rejection } from "../../../src/Rejection.ts"
import type { Pass } from "../../../src/Call.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import { Stats } from "../../../src/Stats.ts"
import { wrongOptions } from "../../support/policies.ts"
import { fork, gate, reasonOf, standing, times } from "../../support/gate.ts"

const options = {}
const five = { maxFailures: 5, openDuration: "30 seconds" } as const
const breaker = (options: Partial<CircuitBreaker.Options> = {}) => gate(CircuitBreaker.layer({ ...five, ...options }))

const fail = Effect.fail({ status: 500 })
const unasked = Effect.die("the model must not be asked")

/** Makes so many calls that fail, one after the other. */
const failing = (pass: Pass, count: number, call: Effect.Effect<unknown, unknown> = fail) =>
  Effect.forEach(times(count), () => Effect.exit(pass(options, call)), { discard: true })

const assertOpen = Effect.fnUntraced(function* (pass: Pass) {
  assert.strictEqual(reasonOf(yield* Effect.exit(pass(options, unasked)))?._tag, "CircuitOpen")
})

describe("CircuitBreaker", () => {
  it.effect("the fifth failure in a row opens it, and the sixth call never reaches the model", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()
      yield* failing(pass, 4)
      yield* Effect.exit(pass(options, fail))
      yield* TestClock.adjust("10 seconds")

      const refused = reasonOf(yield* Effect.exit(pass(options, unasked))) as CircuitOpen

      assert.strictEqual(refused._tag, "CircuitOpen")
      assert.strictEqual(Duration.toMillis(refused.retryAfter!), 20_000)
    })
  )

  it.effect("S44: four failures, a success and four failures leave it closed", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()

      yield* failing(pass, 4)
      yield* pass(options, Effect.void)
      yield* failing(pass, 4)

      yield* pass(options, Effect.void)
    })
  )

  it.effect("it stays open until its time is over, to the millisecond, and a probe's success closes it", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()
      yield* failing(pass, 5)

      yield* TestClock.adjust(29_999)
      yield* assertOpen(pass)
      yield* TestClock.adjust(1)
      yield* pass(options, Effect.void)

      yield* failing(pass, 4)
      yield* pass(options, Effect.void)
    })
  )

  it.effect("a probe's failure opens it again for the whole time", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()
      yield* failing(pass, 5)
      yield* TestClock.adjust("30 seconds")

      yield* failing(pass, 1)
      yield* TestClock.adjust(29_999)
      yield* assertOpen(pass)
      yield* TestClock.adjust(1)

      yield* pass(options, Effect.void)
    })
  )

  it.effect("S50: while one probe is under way 200 others are refused at once", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()
      yield* failing(pass, 5)
      yield* TestClock.adjust("30 seconds")

      const probe = yield* fork(pass(options, Effect.sleep("1 second")))
      for (const _ of times(200)) yield* assertOpen(pass)
      yield* TestClock.adjust("1 second")

      yield* Fiber.join(probe)
      yield* pass(options, Effect.void)
    })
  )

  for (const late of [Effect.void, fail]) {
    const kind = late === fail ? "failure" : "success"
    it.effect(`S47: a late ${kind} of a call begun before changes nothing, be it open or half-open`, () =>
      Effect.gen(function* () {
        const pass = yield* breaker()
        const first = yield* fork(pass(options, Effect.delay(late, "10 seconds")))
        const second = yield* fork(pass(options, Effect.delay(late, "35 seconds")))
        const third = yield* fork(pass(options, Effect.delay(late, "50 seconds")))
        yield* failing(pass, 5)

        yield* TestClock.adjust("10 seconds")
        assert.isDefined(first.pollUnsafe())
        yield* assertOpen(pass)
        yield* TestClock.adjust("20 seconds")

        const probe = yield* fork(pass(options, Effect.sleep("8 seconds")))
        yield* TestClock.adjust("5 seconds")
        assert.isDefined(second.pollUnsafe())
        yield* assertOpen(pass)
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(probe)

        yield* failing(pass, 4)
        yield* TestClock.adjust("20 seconds")
        assert.isDefined(third.pollUnsafe())
        yield* pass(options, Effect.void)
      })
    )
  }

  it.effect("a late result leaves the half-open circuit to one probe at a time", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()
      const late = yield* fork(pass(options, Effect.sleep("32 seconds")))
      yield* failing(pass, 5)
      yield* TestClock.adjust("30 seconds")
      yield* fork(pass(options, Effect.never))

      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(standing(late), "succeeded")

      yield* assertOpen(pass)
    })
  )

  it.effect("S52: a probe that never ends counts as failed after its time, and a new one follows the open time", () =>
    Effect.gen(function* () {
      const pass = yield* breaker({ probeTimeout: "10 seconds" })
      yield* failing(pass, 5)
      yield* TestClock.adjust("30 seconds")
      const probe = yield* fork(pass(options, Effect.never))

      yield* TestClock.adjust(39_999)
      yield* assertOpen(pass)
      yield* TestClock.adjust(1)
      yield* pass(options, Effect.void)

      assert.strictEqual(standing(probe), "pending")
      yield* Fiber.interrupt(probe)
      yield* pass(options, Effect.void)
    })
  )

  it.effect("S54: a probe whose outcome says nothing leaves it half-open and its slot to the next call", () =>
    Effect.gen(function* () {
      const refused = new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: undefined }) })
      for (const outcome of [{ status: 429 }, { status: 400 }, refused, new TypeError("x is not a function")]) {
        const pass = yield* breaker()
        yield* failing(pass, 5)
        yield* TestClock.adjust("30 seconds")

        yield* failing(pass, 1, Effect.fail(outcome))

        const probe = yield* fork(pass(options, Effect.sleep("1 second")))
        assert.strictEqual(standing(probe), "pending")
        assert.strictEqual(standing(yield* fork(pass(options, Effect.void))), "CircuitOpen")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(standing(yield* fork(pass(options, Effect.void))), "succeeded")
      }
    })
  )

  it.effect("S63: of 100 failures at one moment one opens it, and once", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const pass = yield* breaker()
      const states: Array<boolean> = []
      const call = Effect.ensuring(
        Effect.delay(fail, 100),
        Effect.map(stats.snapshot, ({ circuitBreaker }) => states.push(circuitBreaker.isOpen))
      )

      yield* Effect.forEach(times(100), () => fork(pass(options, call)))
      yield* TestClock.adjust(100)

      const { circuitBreaker } = yield* stats.snapshot
      assert.strictEqual(states.length, 100)
      assert.deepStrictEqual([circuitBreaker.state, circuitBreaker.openings, circuitBreaker.failures], ["open", 1, 5])
      assert.strictEqual(circuitBreaker.retryAfterMs, 30_000)
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  it.effect("switched off it lets every failure through, and the figures tell no limit", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const pass = yield* breaker({ maxFailures: Infinity })

      yield* failing(pass, 100)

      yield* pass(options, Effect.void)
      const { circuitBreaker } = yield* stats.snapshot
      assert.deepStrictEqual([circuitBreaker.state, circuitBreaker.maxFailures], ["closed", null])
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  it.effect("what it admits keeps its value, failure and defect", () =>
    Effect.gen(function* () {
      const pass = yield* breaker()

      const exits = yield* Effect.forEach([Effect.succeed(7), Effect.fail("no"), Effect.die("bug")], (call) =>
        Effect.exit(pass(options, call))
      )

      assert.deepStrictEqual(exits, [Exit.succeed(7), Exit.fail("no"), Exit.die("bug")])
    })
  )

  it.effect("every wrong option is named", () =>
    Effect.gen(function* () {
      const wrong = wrongOptions(
        CircuitBreaker.layer({
          maxFailures: 1.5,
          openDuration: 0,
          slowCallDuration: -1,
          probes: 0,
          probeSuccesses: 0,
          probeTimeout: 0
        })
      )
      assert.deepStrictEqual(yield* wrong, [
        "maxFailures",
        "openDuration",
        "slowCallDuration",
        "probes",
        "probeSuccesses",
        "probeTimeout"
      ])

      const endless = wrongOptions(CircuitBreaker.layer({ maxFailures: 0, openDuration: Infinity }))
      assert.deepStrictEqual(yield* endless, ["maxFailures", "openDuration"])
    })
  )
})
