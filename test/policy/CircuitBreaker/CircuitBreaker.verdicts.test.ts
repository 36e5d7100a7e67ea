import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { QueueFull, Rejection } from "../../../src/Rejection.ts"
import type { Pass } from "../../../src/Call.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as Timeout from "../../../src/policy/Timeout/Timeout.ts"
import { errorOf } from "../../support/policies.ts"
import { fork, gate, reasonOf, times } from "../../support/gate.ts"

const options = {}
const two = { maxFailures: 2, openDuration: "30 seconds" } as const

const isOpen = (pass: Pass) =>
  Effect.map(Effect.exit(pass(options, Effect.void)), (exit) => reasonOf(exit)?._tag === "CircuitOpen")

/** Whether so many calls that end like this, one after the other, open a circuit of two. */
const opens = Effect.fnUntraced(function* (call: Effect.Effect<unknown, unknown>, count: number) {
  const pass = yield* gate(CircuitBreaker.layer(two))
  yield* Effect.forEach(times(count), () => Effect.exit(pass(options, call)))
  return yield* isOpen(pass)
})

const broken = new TypeError("fetch failed", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) })
const invalidUrl = new TypeError("Failed to parse URL from nowhere", { cause: new TypeError("Invalid URL") })

describe("CircuitBreaker, verdicts", () => {
  for (const { call, counts, name } of [
    { name: "a defect", call: Effect.die("bug"), counts: false },
    { name: "a defect of the program", call: Effect.die(new Error("not there yet")), counts: false },
    { name: "a mistake of the program", call: Effect.fail(new TypeError("x is not a function")), counts: false },
    { name: "a name that is not defined", call: Effect.fail(new ReferenceError("x is not defined")), counts: false },
    { name: "an address that is none", call: Effect.fail(invalidUrl), counts: false },
    { name: "a 500 as a defect", call: Effect.die({ status: 500 }), counts: true },
    { name: "a broken connection as a defect", call: Effect.die(broken), counts: true },
    { name: "a failure of fetch", call: Effect.fail(broken), counts: true },
    { name: "an answer of fetch that breaks off", call: Effect.fail(new TypeError("terminated")), counts: true },
    { name: "a reply that is no JSON", call: Effect.fail(new SyntaxError("Unexpected token <")), counts: true },
    { name: "a broken connection", call: Effect.fail(new Error("ECONNRESET")), counts: true },
    { name: "a 500", call: Effect.fail({ status: 500 }), counts: true },
    { name: "a 408", call: Effect.fail({ status: 408 }), counts: true },
    { name: "a 429", call: Effect.fail({ status: 429 }), counts: false },
    { name: "a 400", call: Effect.fail({ status: 400 }), counts: false },
    {
      name: "a refusal of another gate inside the call",
      call: Effect.fail(new Rejection({ reason: new QueueFull({ capacity: 1, retryAfter: undefined }) })),
      counts: false
    }
  ]) {
    it.effect(`${name} ${counts ? "counts" : "does not count"}`, () =>
      Effect.gen(function* () {
        assert.isFalse(yield* opens(call, 1))
        assert.strictEqual(yield* opens(call, 2), counts)
        assert.strictEqual(yield* opens(call, 9), counts)
      })
    )
  }

  it.effect("a 429 between two failures neither counts nor forgives", () =>
    Effect.gen(function* () {
      const pass = yield* gate(CircuitBreaker.layer(two))

      for (const status of [500, 429, 500]) yield* Effect.exit(pass(options, Effect.fail({ status })))

      assert.isTrue(yield* isOpen(pass))
    })
  )

  it.effect("S55: calls that their callers leave do not count", () =>
    Effect.gen(function* () {
      const pass = yield* gate(CircuitBreaker.layer(two))

      for (const _ of times(5)) {
        const call = yield* fork(pass(options, Effect.never))
        yield* TestClock.adjust("20 seconds")
        yield* Fiber.interrupt(call)
      }

      assert.isFalse(yield* isOpen(pass))
    })
  )

  it.effect("S56: refusals of the gates beneath never count, and a failure after them does", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        CircuitBreaker.layer(two).pipe(
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
          Layer.provide(RateLimit.layer({ perSecond: 1, burst: 3, maxWait: 0 }))
        )
      )
      const wide = { permits: 2 }

      for (const _ of times(9)) yield* Effect.exit(pass(wide, Effect.void))
      for (const _ of times(3)) yield* pass(options, Effect.void)
      for (const _ of times(9)) {
        assert.strictEqual(reasonOf(yield* Effect.exit(pass(options, Effect.void)))?._tag, "RateLimited")
      }

      yield* TestClock.adjust("10 seconds")
      for (const _ of times(2)) yield* Effect.exit(pass(options, Effect.fail({ status: 500 })))
      assert.isTrue(yield* isOpen(pass))
    })
  )

  it.effect("an attempt that a Timeout beneath cuts counts", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(CircuitBreaker.layer(two), Timeout.layer({ timeout: "1 second" })))

      for (const _ of times(2)) {
        yield* fork(pass(options, Effect.never))
        yield* TestClock.adjust("1 second")
      }

      assert.isTrue(yield* isOpen(pass))
    })
  )

  for (const { deadline, counts } of [
    { deadline: 9_999, counts: false },
    { deadline: 10_000, counts: true }
  ]) {
    it.effect(`attempts that the deadline cuts after ${deadline} ms ${counts ? "count" : "do not count"}`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(Layer.provide(Deadline.layer({ deadline }), CircuitBreaker.layer(two)))

        for (const _ of times(4)) {
          yield* fork(pass(options, Effect.never))
          yield* TestClock.adjust(deadline)
        }

        assert.strictEqual(yield* isOpen(pass), counts)
      })
    )
  }

  it.effect("time spent waiting beneath does not make an attempt slow", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Deadline.layer({ deadline: "11 seconds" }).pipe(
          Layer.provide(CircuitBreaker.layer({ ...two, maxFailures: 1 })),
          Layer.provide(RateLimit.layer({ perSecond: 0.2 }))
        )
      )
      yield* pass(options, Effect.void)

      const cut = yield* fork(pass(options, Effect.never))
      yield* TestClock.adjust("11 seconds")

      assert.strictEqual(reasonOf(cut.pollUnsafe())?._tag, "DeadlineExceeded")
      assert.isFalse(yield* isOpen(pass))
    })
  )

  it.effect("classify judges every end but interruption, and the caller's error stays as it is", () =>
    Effect.gen(function* () {
      const judged: Array<string> = []
      const pass = yield* gate(
        CircuitBreaker.layer({
          ...two,
          classify: (exit) => {
            judged.push(exit._tag)
            return "failure"
          }
        })
      )

      yield* pass(options, Effect.void)
      const left = yield* fork(pass(options, Effect.never))
      yield* Fiber.interrupt(left)
      const error = { status: 400, retryAfter: Duration.seconds(1) }
      assert.strictEqual(errorOf(yield* Effect.exit(pass(options, Effect.fail(error)))), error)

      assert.deepStrictEqual(judged, ["Success", "Failure"])
      assert.isTrue(yield* isOpen(pass))
    })
  )
})
