import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import {
  type DeadlineExceeded,
  type NeverAdmissible,
  type RateLimited,
  Rejection,
  ShuttingDown
} from "../../../src/Rejection.ts"
import { Gate } from "../../../src/Gate.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import { moment, recorder } from "../../support/policies.ts"
import { fork, gate, promised, reasonOf, standing } from "../../support/gate.ts"

const options = {}
const units = (tokens: number) => ({ tokens })
const byTokens = (perSecond: number, burst: number) =>
  gate(RateLimit.layer({ perSecond, burst, cost: ({ tokens }) => tokens }))

const tooMany = (seconds: number) => ({ status: 429, retryAfter: Duration.seconds(seconds) })

describe("RateLimit, costs", () => {
  it.effect("S25: a call that costs more than the burst is refused at once, with no retryAfter", () =>
    Effect.gen(function* () {
      const pass = yield* byTokens(10, 10)

      const refused = reasonOf(yield* Effect.exit(pass(units(25), Effect.die("must not start")))) as NeverAdmissible

      assert.strictEqual(refused._tag, "NeverAdmissible")
      assert.isUndefined(refused.retryAfter)
      assert.deepStrictEqual([refused.limit, refused.asked, refused.capacity], ["rate", 25, 10])
      yield* pass(units(10), Effect.void)
    })
  )

  it.effect("S26: with 100 units there, costs of 30 start at 0, 0, 0 and 200 ms", () =>
    Effect.gen(function* () {
      const pass = yield* byTokens(100, 100)
      const { seen, watch } = recorder()

      for (let call = 0; call < 4; call++) yield* fork(pass(units(30), watch(Effect.void)))
      yield* TestClock.adjust(1000)

      assert.deepStrictEqual(seen.starts, [0, 0, 0, 200])
    })
  )

  it.effect("S27: cheap calls that keep coming do not overtake a dear one that waits", () =>
    Effect.gen(function* () {
      const pass = yield* byTokens(100, 100)
      const dear = recorder()
      const cheap = recorder()
      yield* pass(units(100), Effect.void)

      yield* fork(pass(units(80), dear.watch(Effect.void)))
      for (let call = 0; call < 100; call++) {
        yield* fork(pass(units(1), cheap.watch(Effect.void)))
        yield* TestClock.adjust(20)
      }

      assert.deepStrictEqual(dear.seen.starts, [800])
      assert.isTrue(cheap.seen.starts.every((at) => at >= 800))
      assert.isAbove(cheap.seen.starts.length, 50)
    })
  )

  it.effect("S29: while tokens are short no start is spent, and a call takes both in one moment", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1, burst: 3, tokensPerMinute: 6000 }))
      const { seen, watch } = recorder()
      yield* pass(units(6000), Effect.void)

      const waiting = yield* fork(pass(units(100), watch(Effect.void)))
      yield* TestClock.adjust(999)
      yield* Fiber.interrupt(waiting)
      yield* fork(pass(units(100), watch(Effect.void)))
      for (let call = 0; call < 4; call++) yield* fork(pass(units(0), watch(Effect.void)))
      yield* TestClock.adjust(2000)

      assert.deepStrictEqual(seen.starts, [1000, 1000, 1000, 2000])
    })
  )

  it.effect("S29: a call refused for want of tokens has spent no start", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1, burst: 2, tokensPerMinute: 60, maxWait: 0 }))
      yield* pass(units(60), Effect.void)

      const refused = reasonOf(yield* Effect.exit(pass(units(10), Effect.void))) as RateLimited
      assert.strictEqual(Duration.toMillis(refused.retryAfter!), 10_000)

      yield* pass(units(0), Effect.void)
      assert.strictEqual(reasonOf(yield* Effect.exit(pass(units(0), Effect.void)))?._tag, "RateLimited")
    })
  )

  it.effect("more tokens than a minute has are never admissible", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: Infinity, tokensPerMinute: 1000 }))

      const refused = reasonOf(yield* Effect.exit(pass(units(1001), Effect.void))) as NeverAdmissible

      assert.deepStrictEqual([refused._tag, refused.limit], ["NeverAdmissible", "tokens"])
      yield* pass(units(1000), Effect.void)
    })
  )

  it.effect("S31: after a 429 that asks for 7 s nothing starts for 7 s, then in order and without a larger burst", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 2, burst: 2 }))
      const names: Array<string> = []
      const call = (name: string) => Effect.flatMap(moment, (at) => Effect.sync(() => names.push(`${name} ${at}`)))
      yield* Effect.exit(pass(options, Effect.fail(tooMany(7))))

      for (const name of ["a", "b", "c", "d"]) {
        yield* fork(pass(options, call(name)))
        yield* TestClock.adjust(100)
      }
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual(names, ["a 7000", "b 7000", "c 7500", "d 8000"])
    })
  )

  it.effect("a cooldown that begins while calls wait holds for them too, and a shorter one does not end it", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 2, burst: 2 }))
      const { seen, watch } = recorder()
      const failing = (seconds: number, after: number) => Effect.delay(Effect.fail(tooMany(seconds)), after)

      yield* fork(pass(options, failing(7, 100)))
      yield* fork(pass(options, failing(1, 200)))
      yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(200)
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(seen.starts, [])

      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(seen.starts, [7100])
    })
  )

  it.effect("another failure's retryAfter starts no cooldown, and a cooldown lasts an hour at most", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 2 }))
      const { seen, watch } = recorder()

      yield* Effect.exit(pass(options, Effect.fail({ status: 503, retryAfter: Duration.hours(9) })))
      yield* fork(pass(options, watch(Effect.fail({ status: 429, retryAfter: Duration.infinity }))))
      yield* TestClock.adjust(500)
      yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust("2 hours")

      assert.deepStrictEqual(seen.starts, [500, 3_600_500])
    })
  )

  it.effect("the longest wait counts a cooldown: a call that it would hold longer is refused at once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1, maxWait: "10 seconds" }))
      const { seen, watch } = recorder()
      yield* Effect.exit(pass(options, Effect.fail(tooMany(7))))

      for (let call = 0; call < 4; call++) yield* fork(pass(options, watch(Effect.void)))
      const refused = reasonOf((yield* fork(pass(options, watch(Effect.void)))).pollUnsafe()) as RateLimited
      yield* TestClock.adjust("20 seconds")

      assert.deepStrictEqual(seen.starts, [7000, 8000, 9000, 10_000])
      assert.strictEqual(Duration.toMillis(refused.retryAfter!), 1000)
    })
  )

  it.effect("a wait that ends early has spent nothing", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1 }))
      const { seen, watch } = recorder()
      yield* pass(options, Effect.void)

      const leaving = yield* fork(pass(options, watch(Effect.void)))
      const behind = yield* fork(pass(options, watch(Effect.void)))
      yield* fork(pass(options, watch(Effect.void)))
      yield* TestClock.adjust(500)
      yield* Fiber.interrupt(leaving)
      yield* Fiber.interrupt(behind)
      yield* TestClock.adjust(500)

      assert.deepStrictEqual(seen.starts, [1000])
    })
  )

  it.effect("a call that has waited is no longer in line: the next may wait as long", () =>
    Effect.gen(function* () {
      const pass = yield* gate(RateLimit.layer({ perSecond: 1, maxWait: "1 second" }))
      const { seen, watch } = recorder()
      const call = fork(pass(options, watch(Effect.void)))

      yield* call
      yield* call
      yield* TestClock.adjust("3 seconds")
      yield* call
      yield* call
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(seen.starts, [0, 1000, 3000, 4000])
    })
  )

  it.effect("a call that a gate beneath refuses, or that leaves while it waits there, has spent nothing", () =>
    Effect.gen(function* () {
      const shut = Effect.fail(new Rejection({ reason: new ShuttingDown({ retryAfter: undefined }) }))
      const beneath = Layer.succeed(Gate, {
        pass: ({ caller }, call) => (caller === "refused" ? shut : caller === "held" ? Effect.never : call)
      })
      const context = yield* Layer.build(Layer.provide(RateLimit.layer({ perSecond: 1 }), beneath))
      const { pass } = Context.get(context, Gate)
      const { seen, watch } = recorder()

      yield* Effect.exit(pass({ caller: "refused" }, Effect.void))
      yield* Fiber.interrupt(yield* fork(pass({ caller: "held" }, Effect.void)))
      yield* fork(pass(options, watch(Effect.void)))

      assert.deepStrictEqual(seen.starts, [0])
    })
  )

  it.effect("a call that could not start before its deadline is refused at once, and told when it could", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(promised, RateLimit.layer({ perSecond: Infinity, tokensPerMinute: 60 })))
      yield* pass(units(60), Effect.void)
      const until = (seconds: number) => ({ tokens: 30, deadline: Duration.seconds(seconds) })

      const hasty = yield* fork(pass(until(20), Effect.die("must not start")))
      const patient = yield* fork(pass(until(31), Effect.void))
      const { limit, retryAfter, started } = reasonOf(hasty.pollUnsafe()) as DeadlineExceeded
      yield* TestClock.adjust("30 seconds")

      assert.deepStrictEqual([limit, started, Duration.toMillis(retryAfter!)], ["call", false, 10_000])
      assert.strictEqual(standing(patient), "succeeded")
    })
  )
})
