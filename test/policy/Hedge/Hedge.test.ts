import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Random, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import * as CircuitBreaker from "../../../src/policy/CircuitBreaker/CircuitBreaker.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as Hedge from "../../../src/policy/Hedge/Hedge.ts"
import * as Metrics from "../../../src/policy/Metrics/Metrics.ts"
import { Stats } from "../../../src/Stats.ts"
import { Upstream } from "../../../src/testing.ts"
import { fork, gate, Observer, standing, times } from "../../support/gate.ts"
import { moment } from "../../support/policies.ts"

const always = { delay: "2 seconds", budgetRatio: 1 } as const
const hedge = (options: Hedge.Options = always) => Hedge.layer(options)

/** Work that does something else on each attempt, and counts them. */
const attempts = (...each: ReadonlyArray<Effect.Effect<string, unknown>>) => {
  const seen = { started: 0, running: 0, interrupted: 0 }
  const work = Effect.suspend(() => {
    seen.running++
    return Effect.onExit(each[seen.started++]!, (exit) =>
      Effect.sync(() => {
        seen.running--
        if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) seen.interrupted++
      })
    )
  })
  return { seen, work }
}

const after = (seconds: number, name: string) => Effect.as(Effect.sleep(seconds * 1000), name)
const failing = (seconds: number, error: string) => Effect.andThen(Effect.sleep(seconds * 1000), Effect.fail(error))

describe("Hedge", () => {
  for (const [where, beneath] of [
    ["on the open gate", Layer.effect(Gate, Gate)],
    ["above an engine", ConcurrencyLimit.layer({ permits: 2 })]
  ] as const) {
    const stack = () => gate(Layer.provide(hedge(), beneath))

    it.effect(
      `S74: after 2 s a second attempt is made; the first answer wins, the loser is interrupted (${where})`,
      () =>
        Effect.gen(function* () {
          const pass = yield* stack()
          const { seen, work } = attempts(Effect.never, after(1, "second"))
          const call = yield* fork(pass({}, work))

          yield* TestClock.adjust(1999)
          assert.strictEqual(seen.started, 1)
          yield* TestClock.adjust(1)
          assert.deepStrictEqual([seen.started, seen.running], [2, 2])
          yield* TestClock.adjust(1000)

          assert.deepStrictEqual(call.pollUnsafe(), Exit.succeed("second"))
          assert.deepStrictEqual(seen, { started: 2, running: 0, interrupted: 1 })
        })
    )

    it.effect(`the first attempt may win all the same, and ends the second (${where})`, () =>
      Effect.gen(function* () {
        const pass = yield* stack()
        const { seen, work } = attempts(after(3, "first"), Effect.never)
        const call = yield* fork(pass({}, work))
        yield* TestClock.adjust("3 seconds")

        assert.deepStrictEqual(call.pollUnsafe(), Exit.succeed("first"))
        assert.deepStrictEqual(seen, { started: 2, running: 0, interrupted: 1 })
      })
    )

    it.effect(`a failure waits for the other attempt; if both fail the call fails as the first did (${where})`, () =>
      Effect.gen(function* () {
        for (const [first, second, end] of [
          [failing(3, "a"), after(5, "second"), Exit.succeed("second")],
          [failing(9, "a"), failing(1, "b"), Exit.fail("a")],
          [failing(3, "a"), failing(5, "b"), Exit.fail("a")],
          [after(4, "first"), failing(1, "b"), Exit.succeed("first")],
          [Effect.delay(Effect.die("bug"), 3000), after(5, "second"), Exit.succeed("second")]
        ] as const) {
          const pass = yield* stack()
          const { seen, work } = attempts(first, second)
          const call = yield* fork(pass({}, work))
          yield* TestClock.adjust("10 seconds")

          assert.deepStrictEqual(call.pollUnsafe(), end)
          assert.strictEqual(seen.running, 0)
        }
      })
    )

    it.effect(`a caller that leaves takes both attempts with it (${where})`, () =>
      Effect.gen(function* () {
        for (const left of [1000, 2500]) {
          const pass = yield* stack()
          const { seen, work } = attempts(Effect.never, Effect.never)
          const call = yield* fork(pass({}, work))
          yield* TestClock.adjust(left)
          yield* Fiber.interrupt(call)

          assert.strictEqual(seen.running, 0)
          assert.strictEqual(seen.interrupted, seen.started)
        }
      })
    )

    it.effect(`a call that ends before the delay is made once, whatever its end (${where})`, () =>
      Effect.gen(function* () {
        const pass = yield* stack()
        for (const end of [Effect.succeed("answer"), Effect.fail("no"), Effect.die("bug"), Effect.interrupt]) {
          const { seen, work } = attempts(Effect.delay(end, 1000))
          const call = yield* fork(pass({}, work))
          yield* TestClock.adjust("10 seconds")

          assert.strictEqual(seen.started, 1)
          assert.strictEqual(call.pollUnsafe()?._tag, (yield* Effect.exit(end))._tag)
        }
      })
    )
  }

  it.effect("S74: at most 5 % of calls are hedged, whatever came before", () =>
    Effect.gen(function* () {
      const pass = yield* gate(hedge({ delay: "2 seconds" }))
      let started = 0
      const slow = Effect.andThen(
        Effect.sync(() => started++),
        Effect.sleep("3 seconds")
      )
      yield* Effect.forEach(times(1000), () => pass({}, Effect.void), { discard: true })
      const calls = yield* Effect.forEach(times(100), () => fork(pass({}, slow)))
      yield* TestClock.adjust("3 seconds")
      assert.isAtMost(started, 100 + 10)

      started = 0
      const more = yield* Effect.forEach(times(1000), () => fork(pass({}, slow)))
      yield* TestClock.adjust("3 seconds")
      assert.isAtMost(started, 1000 + 55)
      assert.isAbove(started, 1000)
      assert.isTrue([...calls, ...more].every((call) => standing(call) === "succeeded"))
    })
  )

  it.effect("S74: none while the circuit is not closed, while calls wait, or where no permit is free", () =>
    Effect.gen(function* () {
      const queue = yield* gate(
        hedge().pipe(
          Layer.provide(AdmissionQueue.layer({ capacity: 10 })),
          Layer.provide(ConcurrencyLimit.layer({ permits: 2 }))
        )
      )
      const first = attempts(Effect.never, after(0, "second"))
      const call = yield* fork(queue({}, first.work))
      yield* fork(queue({}, Effect.never))
      yield* fork(queue({}, Effect.never))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([first.seen.started, standing(call)], [1, "pending"])

      const breaker = CircuitBreaker.layer({ maxFailures: 1, openDuration: "1 second" })
      const broken = yield* gate(Layer.provide(hedge(), breaker))
      const second = attempts(Effect.never, after(0, "second"))
      yield* fork(broken({}, second.work))
      yield* Effect.exit(broken({}, Effect.fail({ status: 500 })))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(second.seen.started, 1)
    })
  )

  it.effect("a call that may not be made twice is made once", () =>
    Effect.gen(function* () {
      const pass = yield* gate(hedge({ ...always, isHedgeable: ({ purpose }) => purpose !== "act" }))
      const { seen, work } = attempts(after(10, "answer"))
      const call = yield* fork(pass({ purpose: "act" }, work))
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual([seen.started, standing(call)], [1, "succeeded"])
    })
  )

  it.effect("without a delay it is the percentile of what was seen, and nothing before enough was", () =>
    Effect.gen(function* () {
      const pass = yield* gate(hedge({ budgetRatio: 1 }))
      const early = attempts(after(60, "answer"))
      const first = yield* fork(pass({}, early.work))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([early.seen.started, standing(first)], [1, "succeeded"])

      for (const index of times(99)) {
        const call = yield* fork(pass({}, after((index % 10) / 10 + 0.1, "answer")))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(standing(call), "succeeded")
      }
      const { seen, work } = attempts(Effect.never, after(0, "second"))
      const slow = yield* fork(pass({}, work))
      yield* TestClock.adjust(899)
      assert.strictEqual(seen.started, 1)
      yield* TestClock.adjust(101)
      assert.deepStrictEqual([seen.started, standing(slow)], [2, "succeeded"])
    })
  )

  it.effect("a model that answers at once, as a mock does, is not asked again within a millisecond", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(hedge({ budgetRatio: 1 }), ConcurrencyLimit.layer({ permits: 2 })))
      yield* Effect.forEach(times(20), () => pass({}, Effect.void), { discard: true })
      const { seen, work } = attempts(Effect.as(Effect.sleep(0.9), "first"), Effect.never)
      const call = yield* fork(pass({}, work))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual([call.pollUnsafe(), seen.started], [Exit.succeed("first"), 1])
    })
  )

  it.effect("the second attempt keeps the call's deadline, and the wait before the start is no slowness", () =>
    Effect.gen(function* () {
      const pass = yield* gate(Layer.provide(hedge(), ConcurrencyLimit.layer({ permits: 1 })))
      yield* fork(pass({}, Effect.sleep("10 seconds")))
      const { seen, work } = attempts(after(1, "answer"))
      const waiting = yield* fork(pass({}, work))
      yield* TestClock.adjust("11 seconds")

      assert.deepStrictEqual([seen.started, standing(waiting)], [1, "succeeded"])
    })
  )

  it.effect("both attempts hold permits beneath, and give them back however the race ends", () =>
    Effect.gen(function* () {
      const generator = yield* Random.withSeed(Random.Random, "hedges")
      const draw = (most: number) => Math.floor(generator.nextDoubleUnsafe() * most)
      const pass = yield* gate(
        Layer.provide(hedge({ delay: "1 second", budgetRatio: 1 }), ConcurrencyLimit.layer({ permits: 4 }))
      )
      const observer = new Observer<number>()
      const ends = [Effect.void, Effect.fail("no"), Effect.die("bug"), Effect.interrupt]
      const calls: Array<Fiber.Fiber<unknown, unknown>> = []
      for (const index of times(300)) {
        const work = Effect.suspend(() => Effect.delay(ends[draw(4)]!, draw(4000)))
        const slowToStop = Effect.onInterrupt(work, () => Effect.sleep(draw(300)))
        const call = yield* fork(pass({}, observer.call(index, draw(2) === 0 ? work : slowToStop)))
        calls.push(call)
        yield* TestClock.adjust(draw(1800))
        if (draw(4) === 0) yield* fork(Fiber.interrupt(calls[draw(calls.length)]!))
      }
      yield* TestClock.adjust("5 minutes")

      assert.isTrue(calls.every((call) => call.pollUnsafe() !== undefined))
      assert.isAbove(observer.started.length - new Set(observer.started).size, 50)
      assert.deepStrictEqual([observer.running, observer.peak], [0, 4])
      const four = yield* Effect.forEach(times(4), () => fork(pass({}, Effect.never)))
      assert.isTrue(four.every((call) => standing(call) === "pending"))
      yield* Fiber.interruptAll(four)
    })
  )

  it.effect("the policies above see one call and one attempt", () =>
    Effect.gen(function* () {
      const stats = yield* Stats
      const pass = yield* gate(Layer.provide(Metrics.layer(), hedge()))
      const { work } = attempts(failing(3, "a"), after(3, "second"))
      const call = yield* fork(pass({}, work))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual((yield* stats.snapshot).queue.activeRequests, 1)
      yield* TestClock.adjust("4 seconds")

      assert.strictEqual(standing(call), "succeeded")
      const { queue, requests } = yield* stats.snapshot
      const { inFlight, retried, succeeded, total } = requests
      assert.deepStrictEqual([queue.activeRequests, inFlight, retried, succeeded, total], [0, 0, 0, 1, 1])
    }).pipe(Effect.provide(Layer.fresh(Stats.layer)))
  )

  /** A stream whose first chunk comes after so long, and then one a second. */
  const streamAfter = (seconds: number, ...chunks: ReadonlyArray<string>) =>
    Stream.concat(
      Stream.drain(Stream.fromEffect(Effect.sleep(seconds * 1000))),
      Stream.mapEffect(Stream.fromIterable(chunks), (chunk) => Effect.as(Effect.sleep(1000), chunk))
    )

  it.effect("S72: a stream is hedged before its first chunk only, and its chunks are those of one attempt", () =>
    Effect.gen(function* () {
      for (const [first, second, text, attempts] of [
        [streamAfter(60, "x"), streamAfter(1, "a", "b", "c"), "abc", 2],
        [streamAfter(3, "a", "b", "c"), streamAfter(60, "x"), "abc", 2],
        [streamAfter(0, "a", "b", "c"), Stream.make("x"), "abc", 1],
        [streamAfter(2, "a", "b", "c"), streamAfter(0, "x", "y", "z"), "xyz", 2]
      ] as const) {
        let opened = 0
        const stream = Stream.suspend(() => (opened++ === 0 ? first : second))
        const reading = Stream.mkString(Gate.stream({}, stream))
        const layer = hedge().pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 2 })), Layer.provide(Gate.layerNoop))
        const read = yield* fork(Effect.provide(reading, layer))
        yield* TestClock.adjust("20 seconds")

        assert.deepStrictEqual(read.pollUnsafe(), Exit.succeed(text))
        assert.strictEqual(opened, attempts)
      }
    })
  )

  it.effect("the head of a streamed response is that of the attempt whose chunks come", () =>
    Effect.gen(function* () {
      let opened = 0
      const opening = Effect.sync(() =>
        opened++ === 0 ? { head: "first", body: streamAfter(3, "a") } : { head: "second", body: streamAfter(60, "b") }
      )
      const program = Effect.scoped(
        Effect.flatMap(Gate.open({}, opening), ({ body, head }) =>
          Effect.map(Stream.mkString(body), (text) => `${head}: ${text}`)
        )
      )
      const read = yield* fork(Effect.provide(program, Layer.provide(hedge(), Gate.layerNoop)))
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual(read.pollUnsafe(), Exit.succeed("first: a"))
      assert.strictEqual(opened, 2)
    })
  )

  it.effect("a failure in the middle of the stream that won is the call's", () =>
    Effect.gen(function* () {
      let opened = 0
      const broken = Stream.concat(streamAfter(0, "a"), Stream.fail("broken"))
      const stream = Stream.suspend(() => (opened++ === 0 ? streamAfter(60, "x") : broken))
      const program = Stream.runDrain(Gate.stream({}, stream))
      const read = yield* fork(Effect.provide(program, Layer.provide(hedge(), Gate.layerNoop)))
      yield* TestClock.adjust("10 seconds")

      assert.deepStrictEqual(read.pollUnsafe(), Exit.fail("broken"))
    })
  )

  it.effect("nothing is left running or sleeping after the calls have ended", () =>
    Effect.gen(function* () {
      const upstream = yield* Upstream.make()
      const pass = yield* gate(hedge())
      const call = yield* fork(pass({}, upstream.call))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(call)
      const before = yield* moment
      yield* TestClock.adjust("1 day")

      assert.strictEqual(yield* moment, before + 86_400_000)
      assert.strictEqual(upstream.running.length, 0)
    })
  )
})
