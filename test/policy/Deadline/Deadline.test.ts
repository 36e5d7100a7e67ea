import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { type Call, Stage } from "../../../src/Call.ts"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as Retry from "../../../src/policy/Retry/Retry.ts"
import * as Timeout from "../../../src/policy/Timeout/Timeout.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { errorOf, moment, recorder, sleepers, wrongOptions } from "../../support/policies.ts"
import { fork, gate, reasonOf, standing, times } from "../../support/gate.ts"

const options = {}

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

describe("Deadline", () => {
  it.effect("a call that runs at its deadline is cut, and says that it had started", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Deadline.layer({ deadline: "10 seconds" }))
      const call = yield* fork(Effect.exit(pass(options, Effect.never)))
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(standing(call), "pending")
      yield* TestClock.adjust("1 millis")

      const reason = reasonOf(yield* Fiber.join(call))
      assert.isTrue(reason?._tag === "DeadlineExceeded" && reason.started && reason.limit === "call")
    })
  )

  it.effect("a call that waits at its deadline is refused, and says that it had not started", () =>
    Effect.gen(function* () {
      const stack = Deadline.layer({ deadline: "10 seconds" }).pipe(
        Layer.provide(ConcurrencyLimit.layer({ permits: 1 }))
      )
      const pass = yield* gate(stack)
      yield* fork(pass({ deadline: Infinity }, Effect.never))
      const { seen, watch } = recorder()
      const call = yield* fork(Effect.exit(pass(options, watch(Effect.void))))
      yield* TestClock.adjust("10 seconds")

      const reason = reasonOf(yield* Fiber.join(call))
      assert.isTrue(reason?._tag === "DeadlineExceeded" && !reason.started)
      assert.strictEqual(seen.starts.length, 0)
    })
  )

  it.effect("S66: queueing, attempts and back-off together end by the deadline, whatever the parts", () =>
    Effect.gen(function* () {
      const stack = Deadline.layer({ deadline: "10 seconds" }).pipe(
        Layer.provide(Retry.layer({ maxRetries: 20, minPerSecond: 1e6 })),
        Layer.provide(AdmissionQueue.layer({ capacity: 50 })),
        Layer.provide(ConcurrencyLimit.layer({ permits: 2 })),
        Layer.provide(RateLimit.layer({ perSecond: 2 }))
      )
      const pass = yield* gate(stack)
      const ends: Array<number> = []
      const parts = ["700 millis", "2 seconds", "9 seconds", "1 minute"] as const
      for (const [index, part] of times(24).entries()) {
        const work = Effect.andThen(Effect.sleep(parts[part % 4]!), index % 3 === 0 ? Effect.void : Effect.fail("busy"))
        yield* fork(
          Effect.onExit(pass(options, work), () =>
            Effect.flatMap(moment, (at) => Effect.sync(() => void ends.push(at)))
          )
        )
      }
      yield* TestClock.adjust("1 minute")

      assert.strictEqual(ends.length, 24)
      assert.isAtMost(Math.max(...ends), 10_000)
    })
  )

  it.effect("S66: a longer limit inside, or a longer wish, cannot extend a deadline", () =>
    Effect.gen(function* () {
      const inner = Deadline.layer({ deadline: "1 hour" }).pipe(Layer.provide(Timeout.layer({ timeout: "1 hour" })))
      const pass = yield* gate(Deadline.layer({ deadline: "10 seconds" }).pipe(Layer.provide(inner)))
      const nested = yield* gate(Deadline.layer({ deadline: "1 hour" }))
      const longer = { deadline: "1 hour" } as const
      const wrapped = yield* fork(Effect.exit(pass(options, nested(longer, Effect.never))))
      yield* TestClock.adjust("10 seconds")

      assert.strictEqual(standing(wrapped), "succeeded")
      assert.strictEqual(reasonOf(yield* Fiber.join(wrapped))?._tag, "DeadlineExceeded")
    })
  )

  it.effect("what lies beneath two deadlines is told the earlier one", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const spy = Gate.policy(() => Effect.succeed((call: Call) => new Spy(() => seen.push(call.deadlineAt))))
      const inner = Deadline.layer({ deadline: "1 hour" }).pipe(Layer.provide(spy))
      const pass = yield* gate(Deadline.layer({ deadline: "10 seconds" }).pipe(Layer.provide(inner)))

      yield* pass(options, Effect.void)

      assert.deepStrictEqual(seen, [10_000])
    })
  )

  it.effect("a call may name a deadline of its own, shorter or longer than the default", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Deadline.layer({ deadline: "10 seconds" }))
      const short = yield* fork(pass({ deadline: "2 seconds" }, Effect.never))
      const long = yield* fork(pass({ deadline: "30 seconds" }, Effect.never))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(standing(short), "DeadlineExceeded")
      yield* TestClock.adjust("27 seconds")
      assert.strictEqual(standing(long), "pending")
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(standing(long), "DeadlineExceeded")
    })
  )

  it.effect("a call whose deadline has passed on arrival is refused at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Deadline.layer({ deadline: "10 seconds" }))
      const { seen, watch } = recorder()

      const exit = yield* Effect.exit(pass({ deadline: 0 }, watch(Effect.void)))

      assert.strictEqual(reasonOf(exit)?._tag, "DeadlineExceeded")
      assert.strictEqual(seen.starts.length, 0)
    })
  )

  it.effect("S69: a call that is cut leaves its neighbours alone", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Deadline.layer({ deadline: "1 minute" }))
      const work = Effect.as(Effect.sleep("5 seconds"), "answer")
      const neighbours = yield* Effect.forEach(times(20), (n) =>
        fork(Effect.exit(pass({ deadline: n % 2 === 0 ? "1 second" : "10 seconds" }, work)))
      )
      yield* TestClock.adjust("5 seconds")

      const exits = yield* Effect.forEach(neighbours, (fiber) => Fiber.join(fiber))
      exits.forEach((exit, n) => {
        if (n % 2 === 0) assert.strictEqual(reasonOf(exit)?._tag, "DeadlineExceeded")
        else assert.deepStrictEqual(exit, Exit.succeed("answer"))
      })
    })
  )

  it.effect("the call's own failure and defect are passed on", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Deadline.layer({ deadline: "1 minute" }))

      assert.strictEqual(errorOf(yield* Effect.exit(pass(options, Effect.fail("own")))), "own")
      assert.deepStrictEqual(yield* Effect.exit(pass(options, Effect.die("bug"))), Exit.die("bug"))
    })
  )

  it.effect("one sleeper serves all calls, and none is left when the layer is gone", () =>
    Effect.gen(function* () {
      const { provide, seen } = yield* sleepers
      yield* Effect.gen(function* () {
        const pass = yield* gate(Deadline.layer({ deadline: "1 minute" }))
        const calls = yield* Effect.forEach(times(50), () => fork(pass(options, Effect.never)))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(seen.sleeping, 1)
        yield* Effect.forEach(calls, (call) => Fiber.interrupt(call))
      }).pipe(provide, Effect.scoped)

      assert.strictEqual(seen.sleeping, 0)
    })
  )

  it.effect("a deadline outside the range is named", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* wrongOptions(Deadline.layer({ deadline: 0 })), ["deadline"])
      assert.deepStrictEqual(yield* wrongOptions(Deadline.layer({ deadline: "soon" as never })), ["deadline"])
    })
  )
})
