import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import * as Engine from "../../src/simulator/model/Engine.ts"
import type { Work } from "../../src/simulator/model/Machine.ts"
import * as Options from "../../src/simulator/model/Options.ts"

const work: Work = { first: 100, step: 10, tokens: 4, failure: undefined, hangs: false }

const engineOf = (options: Options.Options) => Effect.flatMap(Options.check({ slowdown: 1, ...options }), Engine.make)

/** The moments at which a reader sees each token. */
const read = (engine: Engine.Engine, pause = 0) =>
  Effect.gen(function* () {
    const generation = yield* engine.begin(work)
    const moments: Array<number> = []
    for (let token = 1; token <= work.tokens; token++) {
      yield* generation.produced(token)
      moments.push(Math.round(yield* Clock.currentTimeMillis))
      yield* Effect.sleep(pause)
    }
    return moments
  }).pipe(Effect.scoped)

describe("Engine of the simulated model", () => {
  it.effect("a reply comes token by token", () =>
    Effect.gen(function* () {
      const reader = yield* Effect.forkChild(read(yield* engineOf({})))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(yield* Fiber.join(reader), [100, 110, 120, 130])
    })
  )

  it.effect("tokens still to come are timed anew when another reply begins", () =>
    Effect.gen(function* () {
      const engine = yield* engineOf({})
      const first = yield* Effect.forkChild(read(engine))
      const second = yield* Effect.forkChild(Effect.delay(read(engine), 115))
      yield* TestClock.adjust("1 second")

      assert.deepStrictEqual(yield* Fiber.join(first), [100, 110, 125, 145])
      assert.deepStrictEqual(yield* Fiber.join(second), [230, 240, 250, 260])
    })
  )

  it.effect("each of several readers sees a token at its moment, whichever reply ends first", () =>
    Effect.gen(function* () {
      const engine = yield* engineOf({ slowdown: 0 })
      const short = yield* engine.begin({ ...work, tokens: 1 })
      const long = yield* engine.begin({ ...work, first: 40, tokens: 40 })
      const end = yield* Effect.forkChild(Effect.andThen(short.produced(1), Clock.currentTimeMillis))
      const token = yield* Effect.forkChild(Effect.andThen(long.produced(2), Clock.currentTimeMillis))
      yield* TestClock.adjust("1 second")

      assert.closeTo(yield* Fiber.join(token), 50, 0.001)
      assert.closeTo(yield* Fiber.join(end), 100, 0.001)
    })
  )

  it.effect("a slow reader delays neither the reply nor the slot", () =>
    Effect.gen(function* () {
      const engine = yield* engineOf({ slots: 1 })
      const slow = yield* Effect.forkChild(read(engine, 1000))
      const next = yield* Effect.forkChild(read(engine))
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* Fiber.join(slow), [100, 1100, 2100, 3100])
      assert.deepStrictEqual(yield* Fiber.join(next), [230, 240, 250, 260])
    })
  )

  it.effect("a reader that gave up waiting for a token may wait again", () =>
    Effect.gen(function* () {
      const engine = yield* engineOf({})
      const { produced } = yield* engine.begin(work)
      const early = yield* Effect.forkChild(produced(1))
      yield* TestClock.adjust(50)
      yield* Fiber.interrupt(early)
      const again = yield* Effect.forkChild(Effect.andThen(produced(2), Clock.currentTimeMillis))
      yield* TestClock.adjust("1 second")

      assert.closeTo(yield* Fiber.join(again), 110, 0.001)
      assert.deepInclude(yield* engine.gauges, { running: 0, answered: 1 })
    })
  )

  it.effect("a reply that is over sooner than the clock can tell still ends, however late the hour", () =>
    Effect.gen(function* () {
      const engine = yield* engineOf({ incidents: [{ kind: "slow", from: 0, to: Infinity, speed: 1000 }] })
      yield* TestClock.adjust("1000 days")
      const { produced } = yield* engine.begin({ ...work, first: 0.005, step: 0.005 })
      yield* produced(4)

      assert.deepInclude(yield* engine.gauges, { running: 0, answered: 1 })
    })
  )

  it.effect("a wake that comes late finds everything as it would have been", () =>
    Effect.gen(function* () {
      const late: Clock.Clock = { ...(yield* Clock.Clock), sleep: () => Effect.never }
      const engine = yield* Effect.provideService(engineOf({ slots: 1 }), Clock.Clock, late)
      const first = yield* engine.begin(work)
      const second = yield* engine.begin(work)
      yield* TestClock.adjust(260)

      yield* first.produced(4)
      yield* second.produced(4)
      assert.deepInclude(yield* engine.gauges, { running: 0, answered: 2, peak: 1 })
    })
  )
})
