import { assert, describe, it } from "@effect/vitest"
import { Data, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { type Call, Stage } from "../../../src/Call.ts"
import { TestClock } from "effect/testing"
import { Rejection } from "../../../src/Rejection.ts"
import { Gate } from "../../../src/Gate.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import * as Timeout from "../../../src/policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { moment, recorder, wrongOptions } from "../../support/policies.ts"
import { fork, gate, reasonOf, standing, times } from "../../support/gate.ts"

class Busy extends Data.TaggedError("Busy")<{ readonly status: number; readonly retryAfter?: Duration.Duration }> {}

const busy = new Busy({ status: 503 })
const options = {}
/** A budget that never binds, so that only what a test speaks of does. */
const freely = { maxRetries: 3, minPerSecond: 1e6 }

/** Fails so many times, then answers. */
const failing = (failures: number, error: unknown = busy) => {
  let asked = 0
  return Effect.suspend(() => (asked++ < failures ? Effect.fail(error) : Effect.succeed(asked)))
}

class Spy extends Stage {
  readonly #look: () => void

  constructor(look: () => void) {
    super()
    this.#look = look
  }

  override enter() {
    this.#look()
    return undefined
  }
}

describe("Retry", () => {
  it.effect("a failure that may pass is tried again, and one that may not is passed on at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer(freely))
      const mended = yield* fork(pass(options, failing(3)))
      const spoilt = yield* fork(pass(options, failing(1, new Busy({ status: 400 }))))
      assert.strictEqual(standing(spoilt), "failed")
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(yield* Fiber.join(mended), 4)
    })
  )

  it.effect("a call that fails more often than it may be retried ends with its own last failure", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer({ ...freely, maxRetries: 2 }))
      const { seen, watch } = recorder()
      const call = yield* fork(Effect.exit(pass(options, watch(failing(9)))))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* Fiber.join(call), Exit.fail(busy))
      assert.strictEqual(seen.starts.length, 3)
    })
  )

  it.effect("neither a defect nor an interruption is retried", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer(freely))
      const { seen, watch } = recorder()
      const broken = yield* fork(pass(options, watch(Effect.die("bug"))))
      const left = yield* fork(pass(options, watch(Effect.interrupt)))
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(standing(broken), "defect")
      assert.strictEqual(standing(left), "interrupted")
      assert.strictEqual(seen.starts.length, 2)
    })
  )

  it.effect("S70: a thousand calls that fail together come back spread evenly, never before they are asked to", () =>
    Effect.gen(function* () {
      const stack = Retry.layer({ ...freely, maxRetries: 3, baseDelay: "1 second" })
      const pass = yield* gate(stack)
      const rounds = new Map<number, Array<number>>()
      const client = Effect.suspend(() => {
        let round = 0
        let last = 0
        return pass(
          options,
          Effect.flatMap(moment, (at) => {
            if (round > 0) rounds.set(round, [...(rounds.get(round) ?? []), at - last])
            round++
            last = at
            return Effect.fail(busy)
          })
        )
      })
      yield* Effect.forEach(times(1000), () => fork(Effect.ignore(client)))
      yield* TestClock.adjust("8 seconds")

      for (const [round, longest] of [
        [1, 1000],
        [2, 2000],
        [3, 4000]
      ] as const) {
        const delays = rounds.get(round)!
        const slots = times(longest / 100).map((slot) => delays.filter((d) => Math.floor(d / 100) === slot).length)
        assert.strictEqual(delays.length, 1000)
        assert.isAtMost(Math.max(...delays), longest)
        assert.isAtMost(Math.max(...slots), (3 * 1000) / slots.length)
        assert.isAtLeast(Math.min(...slots), 1)
      }
    })
  )

  it.effect("a delay is never shorter than the failure asks for", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer(freely))
      const { seen, watch } = recorder()
      const call = yield* fork(
        pass(options, watch(failing(1, new Busy({ status: 429, retryAfter: Duration.seconds(20) }))))
      )
      yield* TestClock.adjust("1 minute")

      yield* Fiber.join(call)
      assert.isAtLeast(seen.starts[1]!, 20_000)
    })
  )

  it.effect("S68: a retry that cannot begin before the deadline is not waited for", () =>
    Effect.gen(function* () {
      const stack = Deadline.layer({ deadline: "10 seconds" }).pipe(Layer.provide(Retry.layer(freely)))
      const pass = yield* gate(stack)
      const limited = new Busy({ status: 429, retryAfter: Duration.seconds(60) })

      const exit = yield* Effect.exit(pass(options, failing(9, limited)))

      assert.deepStrictEqual(exit, Exit.fail(limited))
      assert.strictEqual(yield* moment, 0)
    })
  )

  it.effect("S71: retries stay a share of the calls and a few a second, however many calls fail", () =>
    Effect.gen(function* () {
      const stack = Retry.layer({ maxRetries: 3, budgetRatio: 0.2, minPerSecond: 10 })
      const pass = yield* gate(stack)
      let attempts = 0
      const failed = Effect.suspend(() => {
        attempts++
        return Effect.fail(busy)
      })
      for (const _ of times(1000)) {
        yield* fork(Effect.ignore(pass(options, failed)))
        yield* TestClock.adjust("10 millis")
      }

      assert.isAtMost(attempts, 1300)
      assert.isAtLeast(attempts, 1200)
    })
  )

  it.effect("a call whose deadline passes as it waits for another attempt ends with the model's last failure", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Deadline.layer({ deadline: "5 seconds" }).pipe(
          Layer.provide(Retry.layer({ maxRetries: 2, baseDelay: "1 second", minPerSecond: 10 })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
        )
      )
      const broken = yield* fork(pass({ deadline: "5 seconds" }, Effect.fail("the model is down")))
      yield* fork(pass({ deadline: "1 minute" }, Effect.never))
      const unasked = yield* fork(pass({ deadline: "5 seconds" }, Effect.void))

      yield* TestClock.adjust("4999 millis")
      assert.deepStrictEqual([standing(broken), standing(unasked)], ["pending", "pending"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(broken.pollUnsafe(), Exit.fail("the model is down"))
      assert.strictEqual(standing(unasked), "DeadlineExceeded")
    })
  )

  it.effect("a caller that leaves as its call waits for another attempt has cancelled it", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer({ maxRetries: 2, baseDelay: "1 second", minPerSecond: 10 }))
      const broken = yield* fork(pass({}, Effect.fail("the model is down")))
      yield* Fiber.interrupt(broken)
      assert.strictEqual(standing(broken), "interrupted")
    })
  )

  it.effect("a retry that is refused on its way back ends the call with the model's last failure", () =>
    Effect.gen(function* () {
      const stack = Retry.layer(freely).pipe(
        Layer.provide(CircuitBreaker.layer({ maxFailures: 2, openDuration: "1 hour" }))
      )
      const pass = yield* gate(stack)
      const { seen, watch } = recorder()
      const call = yield* fork(Effect.exit(pass(options, watch(failing(9)))))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* Fiber.join(call), Exit.fail(busy))
      assert.strictEqual(seen.starts.length, 2)
    })
  )

  it.effect("a refusal is passed on and not retried", () =>
    Effect.gen(function* () {
      const stack = Retry.layer(freely).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 })))
      const pass = yield* gate(stack)

      const exit = yield* Effect.exit(pass({ permits: 2 }, Effect.void))

      assert.strictEqual(reasonOf(exit)?._tag, "NeverAdmissible")
    })
  )

  it.effect("an attempt that timed out is the model's failure, and tried again", () =>
    Effect.gen(function* () {
      const stack = Retry.layer(freely).pipe(Layer.provide(Timeout.layer({ timeout: "1 second" })))
      const pass = yield* gate(stack)
      let asked = 0
      const call = yield* fork(
        pass(
          options,
          Effect.suspend(() => (++asked === 1 ? Effect.never : Effect.succeed("answer")))
        )
      )
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(yield* Fiber.join(call), "answer")
    })
  )

  it.effect("a call that waits for its retry holds no place and no permit", () =>
    Effect.gen(function* () {
      const stack = Retry.layer({ ...freely, baseDelay: "1 hour", maxDelay: "1 hour" }).pipe(
        Layer.provide(AdmissionQueue.layer({ capacity: 1 })),
        Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
      )
      const pass = yield* gate(stack)
      const backing = yield* fork(pass(options, failing(1)))
      assert.strictEqual(standing(backing), "pending")

      assert.strictEqual(yield* pass(options, Effect.succeed("free")), "free")
    })
  )

  it.effect("a retried call keeps its first deadline and its priority", () =>
    Effect.gen(function* () {
      const seen: Array<readonly [number, number]> = []
      const spy = Gate.policy(() =>
        Effect.succeed((call: Call) => new Spy(() => seen.push([call.options.priority, call.deadlineAt])))
      )
      const stack = Deadline.layer({ deadline: "1 hour" }).pipe(Layer.provide(Retry.layer(freely)), Layer.provide(spy))
      const pass = yield* gate(stack)
      const call = yield* fork(pass({ priority: 7, deadline: "5 minutes" }, failing(2)))
      yield* TestClock.adjust("1 minute")

      yield* Fiber.join(call)
      assert.deepStrictEqual(
        seen,
        times(3).map(() => [7, 300_000])
      )
    })
  )

  it.effect("an interruption in the delay ends the call at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Retry.layer({ ...freely, baseDelay: "1 hour", maxDelay: "1 hour" }))
      const { seen, watch } = recorder()
      const call = yield* fork(pass(options, watch(failing(1))))

      yield* Fiber.interrupt(call)
      yield* TestClock.adjust("2 hours")

      assert.strictEqual(standing(call), "interrupted")
      assert.strictEqual(seen.starts.length, 1)
    })
  )

  it.effect("wrong options are named, all of them", () =>
    Effect.gen(function* () {
      const stack = Retry.layer({
        maxRetries: 21,
        baseDelay: 0,
        maxDelay: "a while" as never,
        budgetRatio: 2,
        minPerSecond: NaN
      })

      assert.deepStrictEqual(yield* wrongOptions(stack), [
        "maxRetries",
        "baseDelay",
        "maxDelay",
        "budgetRatio",
        "minPerSecond"
      ])
    })
  )

  it.effect("the error of a call that is a Rejection of another gate is no refusal of this one", () =>
    Effect.gen(function* () {
      const other = yield* gate(
        AdmissionQueue.layer({ capacity: 0 }).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 })))
      )
      const pass = yield* gate(Retry.layer(freely))
      yield* fork(other(options, Effect.never))

      const error = yield* Effect.flip(pass(options, other(options, Effect.void)))

      assert.instanceOf(error, Rejection)
      assert.strictEqual(error.reason._tag, "QueueFull")
    })
  )

  it.effect("no delay is longer than the cap", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Retry.layer({ ...freely, maxRetries: 8, baseDelay: "1 second", maxDelay: "2 seconds", budgetRatio: 1 })
      )
      const calls = yield* Effect.forEach(times(20), () => fork(pass(options, failing(8))))
      yield* TestClock.adjust("15 seconds")

      for (const call of calls) assert.strictEqual(standing(call), "succeeded")
    })
  )
})
