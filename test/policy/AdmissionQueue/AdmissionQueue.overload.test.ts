import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import type { DeadlineExceeded, QueueFull } from "../../../src/Rejection.ts"
import * as ConcurrencyLimit from "../../../src/policy/ConcurrencyLimit/ConcurrencyLimit.ts"
import * as RateLimit from "../../../src/policy/RateLimit/RateLimit.ts"
import * as AdmissionQueue from "../../../src/policy/AdmissionQueue/AdmissionQueue.ts"
import { ControlledDelay } from "../../../src/policy/AdmissionQueue/ControlledDelay.ts"
import type { CallOptions } from "../../../src/Call.ts"
import { fork, gate, Observer, promised, reasonOf, standing, times } from "../../support/gate.ts"

/** A queue on one permit, which a call holds until it is released. */
const held = (options: AdmissionQueue.Options, around = Layer.effect(Gate, Gate)) =>
  Effect.gen(function* () {
    const queue = AdmissionQueue.layer(options).pipe(Layer.provide(ConcurrencyLimit.layer({ permits: 1 })))
    const pass = yield* gate(Layer.provide(around, queue))
    const observer = new Observer()
    const hold = yield* Deferred.make<void>()
    yield* fork(pass({}, Deferred.await(hold)))
    const send = (name: string, options: CallOptions = {}, work: Effect.Effect<void> = Effect.void) =>
      fork(pass(options, observer.call(name, work)))
    return { observer, release: Deferred.succeed(hold, undefined), send }
  })

describe("AdmissionQueue, drop-oldest", () => {
  it.effect("S12: with a, b waiting of 2, c drops a at once, and b starts before c", () =>
    Effect.gen(function* () {
      const { observer, release, send } = yield* held({ capacity: 2, whenFull: "dropOldest" })
      const [a, b, c] = yield* Effect.forEach(["a", "b", "c"], (name) => send(name))

      assert.deepStrictEqual([a!, b!, c!].map(standing), ["QueueFull", "pending", "pending"])
      assert.strictEqual((reasonOf(a!.pollUnsafe()) as QueueFull).capacity, 2)
      yield* release
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(observer.started, ["b", "c"])
    })
  )

  it.effect("a call gives way only to one that is at least as urgent, and the least urgent goes first", () =>
    Effect.gen(function* () {
      const { send } = yield* held({ capacity: 3, whenFull: "dropOldest", priorityAging: Infinity })
      const urgent = yield* send("urgent", { priority: 0 })
      const usual = yield* send("usual", { priority: 1 })
      const low = yield* send("low", { priority: 2 })

      const second = yield* send("second", { priority: 1 })
      const lowest = yield* send("lowest", { priority: 3 })

      assert.deepStrictEqual([urgent, usual, low, second, lowest].map(standing), [
        "pending",
        "pending",
        "QueueFull",
        "pending",
        "QueueFull"
      ])
    })
  )

  it.effect("a greedy caller drops its own calls, not those of others", () =>
    Effect.gen(function* () {
      const { send } = yield* held({ capacity: 4, whenFull: "dropOldest" })
      const light = yield* send("light", { caller: "light" })
      for (const n of times(20)) yield* send(`greedy ${n}`, { caller: "greedy" })

      assert.strictEqual(standing(light), "pending")
    })
  )

  it.effect("a queue of capacity 0 drops nothing", () =>
    Effect.gen(function* () {
      const { send } = yield* held({ capacity: 0, whenFull: "dropOldest" })

      assert.strictEqual(standing(yield* send("a")), "QueueFull")
    })
  )
})

describe("AdmissionQueue, newest first", () => {
  it.effect(
    "S13: past the mark the newest starts first and the oldest leave by max wait; below it, the oldest again",
    () =>
      Effect.gen(function* () {
        const { observer, release, send } = yield* held({
          capacity: 10,
          newestFirstAfter: "2 seconds",
          maxWait: "20 seconds"
        })
        const second = Effect.sleep("1 second")
        yield* send("head", {}, second)
        const old = yield* Effect.forEach(["a", "b", "c"], (name) => send(name, {}, second))
        yield* TestClock.adjust("17 seconds")
        yield* send("x", {}, second)
        yield* send("y", {}, second)
        yield* release
        // The head was chosen before; y and x overtake those that came 17 s earlier.
        yield* TestClock.adjust("2900 millis")
        assert.deepStrictEqual(observer.started, ["head", "y", "x"])

        yield* TestClock.adjust("100 millis")
        yield* TestClock.adjust("1 second")
        assert.include(old.map(standing), "DeadlineExceeded")
        yield* TestClock.adjust("5 seconds")
        const later = observer.started.length
        yield* send("1", {}, second)
        yield* send("2", {}, second)
        yield* send("3", {}, second)
        yield* TestClock.adjust("5 seconds")
        assert.deepStrictEqual(observer.started.slice(later), ["1", "2", "3"])
      })
  )
})

describe("AdmissionQueue, newest first by a share of the deadline", () => {
  const options = { capacity: 10, newestFirstShare: 0.5, prediction: false } as const
  const late = Effect.fnUntraced(function* (waitMillis: number, deadline?: number) {
    const { observer, release, send } = yield* held(options, promised)
    yield* send("head")
    for (const name of ["a", "b", "c"]) yield* send(name, deadline === undefined ? {} : { deadline })
    yield* TestClock.adjust(waitMillis)
    yield* release
    yield* TestClock.adjust(1)
    return observer.started
  })

  it.effect("the newest goes first once the oldest has waited for more than half of its deadline", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* late(5000, 10_000), ["head", "a", "b", "c"])
      assert.deepStrictEqual(yield* late(5001, 10_000), ["head", "c", "b", "a"])
    })
  )

  it.effect("while the model answers nobody, the oldest goes first; the newest again once it answers", () =>
    Effect.gen(function* () {
      const { observer, release, send } = yield* held(options, promised)
      const second = Effect.sleep("1 second")
      yield* release
      yield* send("known", {}, second)
      yield* TestClock.adjust("1 second")
      const hung = yield* send("hung", {}, Effect.never)
      yield* TestClock.adjust("10 seconds")
      for (const name of ["a", "b", "c", "d"]) yield* send(name, { deadline: 10_000 }, second)
      yield* TestClock.adjust(6000)
      yield* Fiber.interrupt(hung)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(observer.started, ["known", "hung", "a", "d", "c", "b"])
    })
  )

  it.effect("calls without a deadline start in the order they came, however long they wait", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* late(3_600_000), ["head", "a", "b", "c"])
    })
  )
})

describe("AdmissionQueue, CoDel", () => {
  const codel = { capacity: 100, delayTarget: "100 millis", delayInterval: "1 second", prediction: false } as const

  it.effect("S14: waits above the target for a whole interval drop calls from the head, sooner and sooner", () =>
    Effect.gen(function* () {
      const { release, send } = yield* held(codel)
      const started = Effect.sleep("200 millis")
      const calls = yield* Effect.forEach(times(60), (n) => send(`${n}`, {}, started))
      yield* TestClock.adjust("150 millis")
      yield* release

      yield* TestClock.adjust("900 millis")
      assert.strictEqual(calls.map(standing).filter((each) => each === "DeadlineExceeded").length, 0)
      yield* TestClock.adjust("300 millis")
      const dropped = calls.filter((call) => standing(call) === "DeadlineExceeded")
      assert.strictEqual(dropped.length, 1)
      const { elapsed, limit, started: hasStarted } = reasonOf(dropped[0]!.pollUnsafe()) as DeadlineExceeded
      assert.deepStrictEqual([limit, hasStarted], ["wait", false])
      assert.closeTo(Duration.toMillis(elapsed), 1150, 1)
      yield* TestClock.adjust("3 seconds")
      assert.isAbove(calls.filter((call) => standing(call) === "DeadlineExceeded").length, 3)
      yield* TestClock.adjust("1 minute")
    })
  )

  it("S14: one wait below the target stops it at once, and a call behind which nobody waits is never dropped", () => {
    const delay = new ControlledDelay(100, 1000)
    const all = (from: number, to: number, waited: number, isLast = false) => {
      let dropped = 0
      for (let at = from; at < to; at += 10) if (delay.drops(waited, isLast, at)) dropped++
      return dropped
    }

    assert.strictEqual(all(0, 1000, 150), 0)
    assert.isAbove(all(1000, 4000, 150), 3)
    assert.strictEqual(all(4000, 4010, 99), 0)
    assert.strictEqual(all(4010, 5000, 150), 0)
    assert.isAbove(all(5010, 6000, 150), 1)
    assert.strictEqual(all(6000, 20_000, 5000, true), 0)
  })

  for (const [where, between] of [
    ["", Layer.effect(Gate, Gate)],
    [", beneath a wrapper either", Gate.wrap((pass) => Effect.succeed(pass))]
  ] as const) {
    it.effect(`a dropped call has spent no token${where}`, () =>
      Effect.gen(function* () {
        const pass = yield* gate(
          AdmissionQueue.layer({ ...codel, delayTarget: "1 millis", delayInterval: "1 millis" }).pipe(
            Layer.provide(between),
            Layer.provide(RateLimit.layer({ perSecond: 1 }))
          )
        )
        const observer = new Observer<number>()
        const calls = yield* Effect.forEach(times(10), (n) => fork(pass({}, observer.call(n, Effect.void))))
        yield* TestClock.adjust("2500 millis")

        assert.isAbove(calls.filter((call) => standing(call) === "DeadlineExceeded").length, 0)
        assert.strictEqual(observer.started.length, 3)
        yield* TestClock.adjust("1 minute")
      })
    )
  }
})

describe("AdmissionQueue, bounded by cost", () => {
  it.effect("S18: of a cost of 1000, 600 and 300 wait: 200 is refused, 100 is let in", () =>
    Effect.gen(function* () {
      const { send } = yield* held({ capacity: 50, maxCost: 1000 })
      yield* send("a", { tokens: 600 })
      yield* send("b", { tokens: 300 })

      const refused = yield* send("c", { tokens: 200 })
      const accepted = yield* send("d", { tokens: 100 })

      const { capacity, limit } = reasonOf(refused.pollUnsafe()) as QueueFull
      assert.deepStrictEqual([capacity, limit, standing(accepted)], [1000, "cost", "pending"])
    })
  )

  it.effect("the cost of a call that leaves or starts is free again, and an empty queue lets any call in", () =>
    Effect.gen(function* () {
      const { release, send } = yield* held({ capacity: 50, maxCost: 1000, cost: ({ tokens }) => 2 * tokens })
      const long = yield* send("long", { tokens: 5000 })
      assert.deepStrictEqual([standing(long), standing(yield* send("more", { tokens: 1 }))], ["pending", "QueueFull"])
      yield* release
      yield* TestClock.adjust(1)

      assert.strictEqual(standing(long), "succeeded")
      assert.strictEqual(standing(yield* send("next", { tokens: 1 })), "succeeded")
    })
  )

  it.effect("drop-oldest makes room for a cost, but not for one that never fits", () =>
    Effect.gen(function* () {
      const { send } = yield* held({ capacity: 50, maxCost: 1000, whenFull: "dropOldest" })
      const [a, b, c] = yield* Effect.forEach([400, 400, 200], (tokens) => send("call", { tokens }))

      const never = yield* send("never", { tokens: 1001 })
      const fits = yield* send("fits", { tokens: 700 })

      assert.deepStrictEqual([a!, b!, c!, never, fits].map(standing), [
        "QueueFull",
        "QueueFull",
        "pending",
        "QueueFull",
        "pending"
      ])
    })
  )
})

describe("AdmissionQueue, a call that is dropped as it would start", () => {
  it.effect("lets the one behind it start at the same moment, with its permit and its units of the rate", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const call = (name: string, millis: number) =>
        Gate.pass(
          {},
          Effect.suspend(() =>
            Effect.andThen(
              Effect.sync(() => log.push(name)),
              Effect.sleep(millis)
            )
          )
        )
      const arrivals: ReadonlyArray<readonly [string, number]> = [
        ["first", 0],
        ["second", 1000],
        ["third", 0],
        ["fourth", 0]
      ]
      const calls = yield* Effect.forEach(arrivals, ([name, millis]) =>
        Effect.forkChild(call(name, millis), { startImmediately: true })
      )
      yield* TestClock.adjust("1500 millis")

      assert.deepStrictEqual(log, ["first", "second", "fourth"])
      yield* Effect.forEach(calls, Fiber.interrupt)
    }).pipe(
      Effect.provide(
        AdmissionQueue.layer({ capacity: 5, delayTarget: 300 }).pipe(
          Layer.provide(ConcurrencyLimit.layer({ permits: 1 })),
          Layer.provide(RateLimit.layer({ perSecond: 2 })),
          Layer.provide(Gate.layerNoop)
        )
      )
    )
  )
})
