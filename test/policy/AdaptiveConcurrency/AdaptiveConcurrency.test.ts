import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Gate } from "../../../src/Gate.ts"
import * as AdaptiveConcurrency from "../../../src/policy/AdaptiveConcurrency/AdaptiveConcurrency.ts"
import * as Deadline from "../../../src/policy/Deadline/Deadline.ts"
import { givingUp, outliving } from "../../support/abandoned.ts"
import { fork, standing, times } from "../../support/gate.ts"

const on = (options: AdaptiveConcurrency.Options) =>
  AdaptiveConcurrency.layer(options).pipe(Layer.provide(Gate.layerNoop))

const limit = Effect.map(Gate, ({ permits }) => permits!())

/** A model that takes so long for a token of each of those that run; unless told otherwise twenty run at full speed, and more share that. */
class Model {
  running = 0
  /** How many times slower than usual it is. */
  slowness = 1
  readonly #time: (running: number) => number

  constructor(time = (running: number) => 10 * Math.max(1, running / 20)) {
    this.#time = time
  }

  generate(tokens: number, tick = 250) {
    const step = (left: number): Effect.Effect<void> => {
      const perToken = this.slowness * this.#time(this.running)
      const wait = Math.min(tick, left * perToken)
      return Effect.delay(
        Effect.suspend(() => (left * perToken <= tick ? Effect.void : step(left - wait / perToken))),
        wait
      )
    }
    return Effect.suspend(() => {
      this.running++
      return step(tokens)
    }).pipe(
      Effect.ensuring(Effect.sync(() => void this.running--)),
      Effect.as({ usage: { prompt_tokens: 10, completion_tokens: tokens } })
    )
  }
}

/** Callers that each make one call after another. */
const busy = (callers: number, call: (caller: number) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const { pass } = yield* Gate
    return yield* Effect.forEach(times(callers), (n) =>
      Effect.forkChild(
        Effect.forever(
          Effect.ignore(
            pass(
              { caller: `${n}`, tokens: 200 },
              Effect.suspend(() => call(n))
            )
          )
        )
      )
    )
  })

describe("AdaptiveConcurrency", () => {
  it.effect(
    "S41: finds a sharp knee at 20 within 60 s, at most half above it, and keeps the limit through 10 minutes without load",
    () =>
      Effect.gen(function* () {
        const model = new Model()
        const callers = yield* busy(60, (n) => model.generate(100 + 10 * (n % 10)))
        yield* TestClock.adjust("1 minute")
        const found = yield* limit
        yield* Effect.forEach(callers, Fiber.interrupt)
        yield* TestClock.adjust("10 minutes")
        const kept = yield* limit

        assert.isAtLeast(found, 15)
        assert.isAtMost(found, 30)
        assert.strictEqual(kept, found)
      }).pipe(Effect.provide(on({ minimum: 4 })))
  )

  it.effect("S41: never falls below its minimum, whatever the model does", () =>
    Effect.gen(function* () {
      const model = new Model()
      yield* busy(30, () => model.generate(50))
      yield* TestClock.adjust("30 seconds")
      model.slowness = 20
      for (const _ of times(20)) {
        yield* TestClock.adjust("10 seconds")
        assert.isAtLeast(yield* limit, 6)
      }
    }).pipe(Effect.provide(on({ minimum: 6 })))
  )

  it.effect("settles lower where calls take a good part of the time that they have", () =>
    Effect.gen(function* () {
      const settled = (deadline: number) =>
        Effect.gen(function* () {
          const { pass } = yield* Gate
          const model = new Model((running) => 10 + 3 * running)
          const ask = pass({ tokens: 200, deadline }, model.generate(150))
          yield* Effect.forEach(times(60), () => Effect.forkChild(Effect.forever(Effect.ignore(ask))))
          yield* TestClock.adjust("5 minutes")
          return yield* limit
        }).pipe(Effect.provide(Deadline.layer({ deadline: "1 hour" }).pipe(Layer.provide(on({})))))
      const [leisure, hurry] = [yield* settled(600_000), yield* settled(20_000)]

      assert.isBelow(hurry, 0.8 * leisure)
    })
  )

  it.effect("S42: generations of 1 s and of 30 s side by side move its median by less than 20 % in 10 minutes", () =>
    Effect.gen(function* () {
      const model = new Model()
      yield* busy(60, (n) => model.generate(n % 3 === 0 ? 2000 : 70, 1000))
      yield* TestClock.adjust("2 minutes")
      const medians: Array<number> = []
      for (const _ of times(5)) {
        const limits: Array<number> = []
        for (const _ of times(60)) {
          yield* TestClock.adjust("2 seconds")
          limits.push(yield* limit)
        }
        medians.push(limits.sort((a, b) => a - b)[30]!)
      }

      const [least, most] = [Math.min(...medians), Math.max(...medians)]
      assert.isBelow((most - least) / least, 0.2, medians.join())
    }).pipe(Effect.provide(on({})))
  )

  it.effect("S43: an hour at a tenth of the speed is no new baseline: the limit is back within 60 s", () =>
    Effect.gen(function* () {
      const model = new Model()
      yield* busy(40, () => model.generate(150, 2000))
      yield* TestClock.adjust("3 minutes")
      const before = yield* limit
      model.slowness = 10
      yield* TestClock.adjust("1 hour")
      const meanwhile = yield* limit
      model.slowness = 1
      yield* TestClock.adjust("1 minute")

      assert.isAtMost(meanwhile, before)
      assert.isAtLeast(yield* limit, 0.8 * before)
    }).pipe(Effect.provide(on({})))
  )

  it.effect("S43: calls that are cancelled, or that a gate beneath refuses, give no sample", () =>
    Effect.gen(function* () {
      const model = new Model()
      const callers = yield* busy(40, () => model.generate(150))
      yield* TestClock.adjust("2 minutes")
      yield* Effect.forEach(callers, Fiber.interrupt)
      const before = yield* limit
      const { pass } = yield* Gate
      for (const n of times(50)) {
        const cut = yield* Effect.forkChild(pass({ caller: `${n}`, tokens: 200 }, model.generate(1000)))
        yield* TestClock.adjust("200 millis")
        yield* Fiber.interrupt(cut)
      }

      assert.strictEqual(yield* limit, before)
    }).pipe(Effect.provide(on({})))
  )

  it.effect("S39: a wide call is not overtaken and waits at most for those who run", () =>
    Effect.gen(function* () {
      const { pass } = yield* Gate
      const started: Array<string> = []
      const send = (name: string, permits: number) =>
        Effect.forkChild(
          pass(
            { permits },
            Effect.andThen(
              Effect.sync(() => started.push(name)),
              Effect.sleep("1 second")
            )
          )
        )
      yield* send("runs", 1)
      yield* send("wide", 4)
      for (const n of times(5)) yield* send(`narrow ${n}`, 1)
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(started, ["runs", "wide"])
      yield* TestClock.adjust("5 seconds")
    }).pipe(Effect.provide(on({ minimum: 4, initial: 4, maximum: 4 })))
  )

  it.effect("work that was given up may go on while the next attempt runs", () =>
    Effect.gen(function* () {
      const { forecast, pass } = yield* Gate
      const { abandoned, work } = outliving()
      const call = yield* fork(pass({}, work))
      yield* TestClock.adjust("15 seconds")

      assert.strictEqual(forecast!.backlog(15_000), 0)
      abandoned.settle()
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(standing(call), "succeeded")
    }).pipe(
      Effect.provide(
        AdaptiveConcurrency.layer({ maximum: 1 }).pipe(Layer.provide(givingUp), Layer.provide(Gate.layerNoop))
      )
    )
  )

  it.effect("S40: more permits than the most that there will be are refused at once", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(Gate.pass({ permits: 3 }, Effect.void))

      assert.strictEqual(reason._tag, "NeverAdmissible")
    }).pipe(Effect.provide(on({ minimum: 1, initial: 2, maximum: 2 })))
  )
})
