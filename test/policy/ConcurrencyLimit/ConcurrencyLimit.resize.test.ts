import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, SubscriptionRef } from "effect"
import type { NeverAdmissible } from "../../../src/Rejection.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import { fork, gate, Observer, reasonOf, standing, steps, times } from "../../support/gate.ts"

const started = (initial: number, count: number) =>
  Effect.gen(function* () {
    const permits = yield* SubscriptionRef.make(initial)
    const pass = yield* gate(ConcurrencyLimit.layer({ permits }))
    const observer = new Observer<number>()
    const ends = yield* Effect.forEach(times(count), () => Deferred.make<void>())
    const calls = yield* Effect.forEach(ends, (end, n) => fork(pass({}, observer.call(n, Deferred.await(end)))))
    const resize = (total: number) => Effect.andThen(SubscriptionRef.set(permits, total), steps(20))
    const end = (n: number) => Effect.andThen(Deferred.succeed(ends[n]!, undefined), steps(20))
    return { pass, observer, calls, resize, end }
  })

describe("ConcurrencyLimit, resized", () => {
  it.effect("S38: from 1 to 5 with 10 waiting, 4 more start at once", () =>
    Effect.gen(function* () {
      const { observer, resize } = yield* started(1, 11)
      assert.deepStrictEqual(observer.started, [0])

      yield* resize(5)

      assert.deepStrictEqual(observer.started, [0, 1, 2, 3, 4])
    })
  )

  it.effect("S38: from 5 to 1 with 5 running, none is interrupted and the next starts when none runs", () =>
    Effect.gen(function* () {
      const { calls, end, observer, resize } = yield* started(5, 7)

      yield* resize(1)
      for (const n of [0, 1, 2, 3]) yield* end(n)
      assert.strictEqual(observer.running, 1)
      assert.strictEqual(standing(calls[4]!), "pending")
      assert.deepStrictEqual(observer.started, [0, 1, 2, 3, 4])
      yield* end(4)

      assert.deepStrictEqual(observer.started, [0, 1, 2, 3, 4, 5])
      assert.strictEqual(observer.running, 1)
    })
  )

  it.effect("a wide waiter that can never start any more is refused, and the line goes on", () =>
    Effect.gen(function* () {
      const { pass, resize } = yield* started(3, 1)
      const wide = yield* fork(pass({ permits: 3 }, Effect.void))
      const narrow = yield* fork(pass({}, Effect.void))
      assert.strictEqual(standing(narrow), "pending")

      yield* resize(2)

      const { asked, capacity } = reasonOf(wide.pollUnsafe()) as NeverAdmissible
      assert.deepStrictEqual([asked, capacity, standing(narrow)], [3, 2, "succeeded"])
      const after = yield* fork(pass({ permits: 3 }, Effect.void))
      assert.strictEqual(standing(after), "NeverAdmissible")
    })
  )

  it.effect("a wide waiter interrupted while it is refused costs nothing", () =>
    Effect.gen(function* () {
      const { calls, end, pass, resize } = yield* started(3, 1)
      const wide = yield* fork(pass({ permits: 3 }, Effect.void))

      wide.interruptUnsafe()
      yield* resize(2)
      yield* end(0)

      yield* Fiber.join(calls[0]!)
      const after = yield* fork(pass({ permits: 2 }, Effect.void))
      assert.strictEqual(standing(after), "succeeded")
    })
  )

  it.effect("a number outside the range changes nothing, and later ones still count", () =>
    Effect.gen(function* () {
      const { observer, resize } = yield* started(1, 3)

      for (const wrong of [0, -1, 2.5, NaN]) yield* resize(wrong)
      assert.deepStrictEqual(observer.started, [0])
      yield* resize(2)

      assert.deepStrictEqual(observer.started, [0, 1])
    })
  )
})
