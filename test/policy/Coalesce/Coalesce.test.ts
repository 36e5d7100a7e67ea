import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as Coalesce from "../../../src/policy/Coalesce/Coalesce.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import * as Metrics from "../../../src/policy/Metrics/Metrics.ts"
import { Stats } from "../../../src/Stats.ts"
import { Interruption } from "../../../src/testing.ts"
import { fork, gate, standing, times } from "../../support/gate.ts"

/** Work that counts how often it starts, runs and is interrupted. */
const counting = (end: Effect.Effect<unknown, unknown> = Effect.as(Effect.sleep("1 second"), "answer")) => {
  const seen = { started: 0, running: 0, interrupted: 0 }
  const work = Effect.suspend(() => {
    let begun = 0
    const begin = Effect.sync(() => {
      begun = 1
      seen.started++
      seen.running++
    })
    return Effect.onExit(Effect.andThen(begin, end), (exit) =>
      Effect.sync(() => {
        seen.running -= begun
        if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) seen.interrupted++
      })
    )
  })
  return { seen, work }
}

const same = Coalesce.withKey("the same")

describe("Coalesce", () => {
  it.effect("calls of equal key in flight are made once, others apart", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Coalesce.layer())
      const { seen, work } = counting()
      const calls = [
        ...times(5).map(() => pass({}, work).pipe(same)),
        pass({}, work).pipe(Coalesce.withKey("other")),
        pass({}, work)
      ]
      const fibers = yield* Effect.forEach(calls, fork)
      assert.strictEqual(seen.started, 3)
      yield* TestClock.adjust("1 second")

      for (const fiber of fibers) assert.deepStrictEqual(fiber.pollUnsafe(), Exit.succeed("answer"))
      yield* fork(pass({}, work).pipe(same))
      assert.strictEqual(seen.started, 4)
    })
  )

  for (const [where, beneath] of [
    ["on the open gate", Layer.effect(Gate, Gate)],
    ["above an engine", ConcurrencyLimit.layer({ permits: 1 })]
  ] as const) {
    it.effect(`S75: the first of two leaves and the second still gets the value, of one upstream call (${where})`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(Layer.provide(Coalesce.layer(), beneath))
        const { seen, work } = counting()
        const first = yield* fork(pass({ deadline: "10 millis" }, work).pipe(same))
        const second = yield* fork(pass({}, work).pipe(same))
        yield* TestClock.adjust(500)
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust(500)

        assert.deepStrictEqual([first, second].map(standing), ["interrupted", "succeeded"])
        assert.deepStrictEqual(seen, { started: 1, running: 0, interrupted: 0 })
      })
    )

    it.effect(`S75: when both leave, the call is interrupted, and the next one is made anew (${where})`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(Layer.provide(Coalesce.layer(), beneath))
        const { seen, work } = counting()
        const calls = yield* Effect.forEach(times(2), () => fork(pass({}, work).pipe(same)))
        yield* TestClock.adjust(500)
        yield* Fiber.interrupt(calls[1]!)
        assert.strictEqual(seen.running, 1)
        yield* Fiber.interrupt(calls[0]!)
        assert.deepStrictEqual(seen, { started: 1, running: 0, interrupted: 1 })

        const next = yield* fork(pass({}, work).pipe(same))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(standing(next), "succeeded")
      })
    )
  }

  it.effect("S76: a failure is that of all who wait, and of nobody later; so are defects and interruptions", () =>
    Effect.gen(function* () {
      for (const end of [Effect.fail("no"), Effect.die("bug"), Effect.interrupt]) {
        const pass = yield* gate(Coalesce.layer())
        const { seen, work } = counting(Effect.delay(end, 1000))
        const calls = yield* Effect.forEach(times(3), () => fork(pass({}, work).pipe(same)))
        yield* TestClock.adjust("1 second")

        const [first] = calls.map((call) => standing(call))
        assert.isTrue(calls.every((call) => standing(call) === first))
        assert.notStrictEqual(first, "succeeded")
        const later = yield* fork(pass({}, Effect.succeed("fresh")).pipe(same))
        assert.deepStrictEqual(later.pollUnsafe(), Exit.succeed("fresh"))
        assert.strictEqual(seen.started, 1)
      }
    })
  )

  it.effect("a caller that comes while the last one is leaving does not join a call that ends", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Coalesce.layer())
      const stubborn = Effect.onInterrupt(Effect.never, () => Effect.sleep("5 seconds"))
      yield* Effect.forkChild(Effect.sleep(1), { startImmediately: true })
      const first = yield* fork(pass({}, stubborn).pipe(same))
      yield* fork(Fiber.interrupt(first))
      const { work } = counting()
      const next = yield* fork(pass({}, work).pipe(same))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([first, next].map(standing), ["pending", "succeeded"])
      yield* TestClock.adjust("1 minute")
    })
  )

  it.effect("each caller keeps its own deadline, and that of the first ends nobody else's call", () =>
    Effect.gen(function* () {
      const pass = yield* gate(
        Deadline.layer({ deadline: "1 minute" }).pipe(
          Layer.provide(Coalesce.layer()),
          Layer.provide(Deadline.layer({ deadline: "1 minute" }))
        )
      )
      const { seen, work } = counting(Effect.as(Effect.sleep("10 seconds"), "answer"))
      const first = yield* fork(pass({ deadline: "2 seconds" }, work).pipe(same))
      const second = yield* fork(pass({ deadline: "20 seconds" }, work).pipe(same))
      const third = yield* fork(pass({ deadline: "5 seconds" }, work).pipe(same))
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual([first, second, third].map(standing), [
        "DeadlineExceeded",
        "succeeded",
        "DeadlineExceeded"
      ])
      assert.strictEqual(seen.started, 1)
    })
  )

  it.effect("calls that the work makes do not inherit the key, or they would wait for themselves", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Coalesce.layer())
      const call = yield* fork(pass({}, pass({}, Effect.succeed("inner"))).pipe(same))

      assert.deepStrictEqual(call.pollUnsafe(), Exit.succeed("inner"))
    })
  )

  it.effect("the key may be made of options, and a call that has none goes alone", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Coalesce.layer({ key: ({ caller }, key) => key && `${caller} ${key}` }))
      const { seen, work } = counting()
      for (const caller of ["ada", "ada", "bob"]) yield* fork(pass({ caller }, work).pipe(same))
      for (const caller of ["ada", "ada"]) yield* fork(pass({ caller }, work))

      assert.strictEqual(seen.started, 4)
    })
  )

  it.effect("streams are not shared: each has its reader", () =>
    Effect.gen(function* () {
      let opened = 0
      const stream = Stream.suspend(() => {
        opened++
        return Stream.make("a", "b")
      })
      const layers = [Coalesce.layer(), Layer.provide(Metrics.layer(), Coalesce.layer())]
      for (const layer of layers) {
        opened = 0
        const read = Effect.all(
          times(2).map(() => Stream.mkString(Gate.stream({}, stream)).pipe(same)),
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual(yield* Effect.provide(read, Layer.provide(layer, Gate.layerNoop)), ["ab", "ab"])
        assert.strictEqual(opened, 2)
      }
    })
  )

  it.effect("every caller is counted once, and the policies above are given back what they took", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const pass = yield* gate(
        Metrics.layer().pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 3 })), Layer.provide(Coalesce.layer()))
      )
      const { work } = counting()
      const calls = yield* Effect.forEach(times(3), () => fork(pass({}, work).pipe(same)))
      yield* TestClock.adjust(500)
      yield* Fiber.interrupt(calls[0]!)
      yield* TestClock.adjust(500)

      const { queue, requests } = yield* stats.snapshot
      const { cancelled, inFlight, succeeded, total } = requests
      assert.deepStrictEqual([cancelled, succeeded, inFlight, total, queue.activeRequests], [1, 2, 0, 3, 0])
      const three = yield* Effect.forEach(times(3), () => fork(pass({}, Effect.void)))
      assert.deepStrictEqual(three.map(standing), ["succeeded", "succeeded", "succeeded"])
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  it.effect("whichever step a caller is interrupted at, the other gets the value and no work is left", () =>
    Effect.gen(function* () {
      for (const order of ["first", "second"] as const) {
        for (let step = 1, reached = true; reached; step++) {
          const pass = yield* gate(Layer.provide(Coalesce.layer(), ConcurrencyLimit.layer({ permits: 1 })))
          const { seen, work } = counting()
          const call = pass({}, work).pipe(same)
          const interrupter = yield* Interruption.interrupter(step)
          const target = interrupter.around(call)
          const fibers = yield* Effect.forEach(order === "first" ? [target, call] : [call, target], fork)
          yield* TestClock.adjust("3 seconds")

          const other = fibers[order === "first" ? 1 : 0]!
          assert.strictEqual(standing(other), "succeeded", `${order}, step ${step}`)
          assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() !== undefined))
          assert.strictEqual(seen.running, 0)
          assert.isAtMost(seen.started, 2)
          assert.strictEqual(standing(yield* fork(pass({}, Effect.void))), "succeeded")
          reached = interrupter.reached()
        }
      }
    })
  )

  it.effect("a caller that is interrupted alone leaves no work, whichever step it is", () =>
    Effect.gen(function* () {
      for (let step = 1, reached = true; reached; step++) {
        const pass = yield* gate(Coalesce.layer())
        const { seen, work } = counting()
        const interrupter = yield* Interruption.interrupter(step)
        const call = yield* fork(interrupter.around(pass({}, work).pipe(same)))
        yield* TestClock.adjust("3 seconds")

        assert.isDefined(call.pollUnsafe())
        assert.strictEqual(seen.running, 0)
        assert.strictEqual(standing(yield* fork(pass({}, Effect.void).pipe(same))), "succeeded")
        reached = interrupter.reached()
      }
    })
  )
})
