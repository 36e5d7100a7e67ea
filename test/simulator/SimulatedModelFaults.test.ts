import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, Result, Scope } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type { Options } from "../../src/simulator/model/Options.ts"

const withModel = (options: Options) => Effect.provide(SimulatedModel.layer({ fixedLatency: "1 second", ...options }))

const call = Effect.flatMap(SimulatedModel, ({ complete }) =>
  complete({ model: "gpt-4o-mini", messages: [{ role: "user", content: "Hi" }] })
)

/** Whether a call failed, with which status, and when. */
const outcome = Effect.gen(function* () {
  const result = yield* Effect.result(call)
  return [Result.isFailure(result) ? result.failure.status : 200, yield* Clock.currentTimeMillis] as const
})

const gauges = Effect.flatMap(SimulatedModel, (model) => model.gauges)

const after = <A, E, R>(delay: number, effect: Effect.Effect<A, E, R>) => Effect.forkChild(Effect.delay(effect, delay))

describe("SimulatedModel faults", () => {
  it.effect("the share of calls that fail is drawn from the seed", () =>
    Effect.gen(function* () {
      const statuses = (options: Options) =>
        Effect.forEach(Array.from({ length: 300 }), () => Effect.map(outcome, ([status]) => status)).pipe(
          withModel({ fixedLatency: 0, ...options })
        )
      const some = yield* statuses({ errorRate: 0.2, seed: "a" })

      assert.closeTo(some.filter((status) => status === 500).length, 60, 20)
      assert.strictEqual(some.filter((status) => status === 200 || status === 500).length, 300)
      assert.deepStrictEqual(yield* statuses({ errorRate: 0.2, seed: "a" }), some)
      assert.notDeepEqual(yield* statuses({ errorRate: 0.2, seed: "b" }), some)
      assert.isTrue((yield* statuses({})).every((status) => status === 200))
    })
  )

  it.effect("a failure comes in place of the first token and frees its slot then", () =>
    Effect.gen(function* () {
      const first = yield* Effect.forkChild(outcome)
      const second = yield* Effect.forkChild(outcome)
      yield* TestClock.adjust("1 minute")

      assert.deepStrictEqual(yield* Fiber.join(first), [500, 300])
      assert.deepStrictEqual(yield* Fiber.join(second), [500, 600])
      assert.deepInclude(yield* gauges, { failed: 2, running: 0, peak: 1 })
    }).pipe(Effect.provide(SimulatedModel.layer({ errorRate: 1, slots: 1, firstToken: 300, perPromptToken: 0 })))
  )

  it.effect("a call that hangs never answers, and its slot is free when it is interrupted", () =>
    Effect.gen(function* () {
      const hung = yield* Effect.forkChild(call)
      const waits = yield* after(2000, outcome)
      yield* TestClock.adjust("1 day")
      assert.deepInclude(yield* gauges, { running: 1, hung: 1, waiting: 1 })

      yield* Fiber.interrupt(hung)
      assert.deepInclude(yield* gauges, { running: 1, hung: 0, waiting: 0, left: 1 })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(waits), [200, 86_401_000])
    }).pipe(withModel({ slots: 1, incidents: [{ kind: "hang", from: 0, to: 1000 }] }))
  )

  it.effect("a call that hangs does not slow the others", () =>
    Effect.gen(function* () {
      yield* Effect.forkChild(call)
      const beside = yield* after(1000, outcome)
      yield* TestClock.adjust("1 minute")

      assert.deepInclude(yield* gauges, { running: 1, hung: 1 })
      assert.deepStrictEqual(yield* Fiber.join(beside), [200, 2000])
    }).pipe(withModel({ slowdown: 1, incidents: [{ kind: "hang", from: 0, to: 1000 }] }))
  )

  it.effect("when every slot hangs, a refusal cannot tell when to come back", () =>
    Effect.gen(function* () {
      yield* Effect.forkChild(call)
      yield* TestClock.adjust("1 second")

      const error = yield* Effect.flip(call)
      assert.deepInclude({ ...error }, { status: 429, retryAfter: undefined })
    }).pipe(withModel({ slots: 1, queue: 0, hangRate: 1 }))
  )

  it.effect("an incident of hanging stops what runs and what starts meanwhile, nothing later", () =>
    Effect.gen(function* () {
      const before = yield* Effect.forkChild(outcome)
      const during = yield* after(700, outcome)
      const later = yield* after(2000, outcome)
      yield* TestClock.adjust("1 hour")

      assert.isUndefined(before.pollUnsafe())
      assert.isUndefined(during.pollUnsafe())
      assert.deepStrictEqual(yield* Fiber.join(later), [200, 3000])
    }).pipe(withModel({ incidents: [{ kind: "hang", from: 500, to: 2000 }] }))
  )

  it.effect("an outage breaks off what runs, waits or hangs, and answers 503 until it is over", () =>
    Effect.gen(function* () {
      const inside = yield* Effect.forEach([0, 20, 200], (delay) => after(delay, outcome))
      const during = yield* after(1500, outcome)
      const later = yield* after(2000, outcome)
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* gauges, { running: 2, hung: 2, waiting: 1 })
      yield* TestClock.adjust("1 hour")

      for (const fiber of inside) assert.deepStrictEqual(yield* Fiber.join(fiber), [503, 1000])
      assert.deepStrictEqual(yield* Fiber.join(during), [503, 1500])
      assert.deepStrictEqual(yield* Fiber.join(later), [200, 4000])
      assert.deepInclude(yield* gauges, {
        arrived: 5,
        answered: 1,
        failed: 4,
        running: 0,
        hung: 0,
        waiting: 0,
        peak: 2
      })
    }).pipe(
      withModel({
        slots: 2,
        fixedLatency: "2 seconds",
        incidents: [
          { kind: "hang", from: 50, to: 60 },
          { kind: "outage", from: "1 second", to: "2 seconds" }
        ]
      })
    )
  )

  it.effect("when the model is closed, what is inside fails and nothing more is taken", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(SimulatedModel.layer({ slots: 1 }), scope)
      const running = yield* Effect.forkChild(Effect.provide(outcome, context))
      const waiting = yield* Effect.forkChild(Effect.provide(outcome, context))
      yield* TestClock.adjust(100)
      yield* Scope.close(scope, Exit.void)

      assert.deepStrictEqual(yield* Fiber.join(running), [503, 100])
      assert.deepStrictEqual(yield* Fiber.join(waiting), [503, 100])
      assert.deepStrictEqual(yield* Effect.provide(outcome, context), [503, 100])
    })
  )
})
