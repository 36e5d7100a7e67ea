import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, References, Schema } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type { Options } from "../../src/simulator/model/Options.ts"
import { type Caller, expected } from "./SimulatedModelReference.ts"

const int = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Callers = Schema.Array(Schema.Struct({ arrives: int(0, 400), tokens: int(1, 30), stays: int(0, 600) })).check(
  Schema.isMaxLength(25)
)

// Leaving just after a full millisecond, so that no caller leaves at the very moment of an event.
const callersOf = (drawn: typeof Callers.Type): ReadonlyArray<Caller> =>
  drawn.map(({ arrives, stays, tokens }) => ({ arrives, work: tokens * 10, leaves: arrives + stays + 0.123 }))

const options: Options = { firstToken: 10, perPromptToken: 0, replyTokens: { chat: 1000 }, spread: 0 }

/** One caller's whole stay: how it ended, and when. */
const stay = ({ arrives, leaves, work }: Caller) =>
  Effect.gen(function* () {
    const { complete } = yield* SimulatedModel
    const fiber = yield* complete({
      model: "m",
      max_tokens: work / 10,
      messages: [{ role: "user", content: "Hi" }]
    }).pipe(
      Effect.match({ onFailure: ({ status }) => String(status), onSuccess: () => "200" }),
      Effect.onInterrupt(() => Effect.void),
      Effect.zip(Clock.currentTimeMillis),
      Effect.delay(arrives),
      Effect.forkChild
    )
    yield* Effect.delay(Fiber.interrupt(fiber), leaves)
    const exit = yield* Fiber.await(fiber)
    return exit._tag === "Success"
      ? ([exit.value[0], Math.round(exit.value[1] * 100) / 100] as const)
      : (["left", leaves] as const)
  })

const run = (callers: ReadonlyArray<Caller>, more: Options) =>
  Effect.gen(function* () {
    const { gauges } = yield* SimulatedModel
    const all = yield* Effect.forkChild(Effect.forEach(callers, stay, { concurrency: "unbounded" }))
    for (let i = 0; i < 40; i++) {
      yield* TestClock.adjust(50)
      const { answered, arrived, failed, left, refused, running, waiting } = yield* gauges
      assert.strictEqual(arrived, answered + failed + refused + left + running + waiting)
    }
    yield* TestClock.adjust("1 hour")
    return { ends: yield* Fiber.join(all), gauges: yield* gauges }
  }).pipe(Effect.provide(SimulatedModel.layer({ ...options, ...more })), Effect.provide(TestClock.layer()))

describe("SimulatedModel laws", () => {
  it.effect.prop(
    "every call ends as in a server computed by hand, to the hundredth of a millisecond",
    { drawn: Callers, slots: int(1, 6), queue: int(0, 6), slowdown: int(0, 4) },
    ({ drawn, queue, slots, slowdown: quarters }) =>
      Effect.gen(function* () {
        const callers = callersOf(drawn)
        const slowdown = quarters / 4
        const { ends, gauges } = yield* run(callers, { slots, queue, slowdown })
        const { ends: hand, peak } = expected(callers, { slots, queue, slowdown })

        assert.deepStrictEqual(
          ends.map(([how]) => how),
          hand.map(([how]) => how)
        )
        ends.forEach(([, when], i) => assert.closeTo(when, hand[i]![1], 0.01))
        assert.deepInclude(gauges, { running: 0, waiting: 0, hung: 0, peak, arrived: callers.length })
      }),
    { arbitrary: { runs: 60, size: 60, seed: 1 } }
  )

  it.effect.prop(
    "the same seed gives the same run, with faults and incidents, and nothing is left in it",
    { drawn: Callers, seed: int(1, 1000) },
    ({ drawn, seed }) =>
      Effect.gen(function* () {
        const faults: Options = {
          seed,
          slots: 3,
          queue: 4,
          errorRate: 0.3,
          hangRate: 0.2,
          incidents: [
            { kind: "slow", from: 100, to: 200, speed: 0.5 },
            { kind: "outage", from: 300, to: 320 }
          ]
        }
        const once = yield* run(callersOf(drawn), faults)
        const again = yield* run(callersOf(drawn), faults)

        assert.deepStrictEqual(again, once)
        assert.deepInclude(once.gauges, { running: 0, waiting: 0, hung: 0, arrived: drawn.length })
      }),
    { arbitrary: { runs: 30, size: 60, seed: 2 } }
  )

  it.effect("wherever a call is interrupted, running or waiting, its place is free and the next one starts", () =>
    Effect.gen(function* () {
      const call = Effect.flatMap(SimulatedModel, ({ complete }) =>
        complete({ model: "m", messages: [{ role: "user", content: "Hi" }] })
      )
      for (const operations of [5, 7, 11, 17, 2048]) {
        for (let steps = 0; steps < 40; steps++) {
          yield* Effect.gen(function* () {
            const { gauges } = yield* SimulatedModel
            const calls = yield* Effect.forEach([1, 2, 3], () =>
              Effect.forkChild(Effect.provideService(call, References.MaxOpsBeforeYield, operations))
            )
            yield* Effect.repeat(Effect.yieldNow, { times: steps })
            yield* Fiber.interruptAll([calls[0]!, calls[1]!])
            const last = yield* Effect.forkChild(Fiber.join(calls[2]!))
            yield* Effect.repeat(Effect.andThen(Effect.yieldNow, gauges), { until: ({ running }) => running === 1 })
            // Fibers that yield this often may be late for the first second.
            yield* Effect.repeat(TestClock.adjust("1 second"), {
              times: 20,
              until: () => last.pollUnsafe() !== undefined
            })

            assert.isDefined(last.pollUnsafe())
            assert.deepInclude(yield* gauges, { running: 0, waiting: 0, answered: 1 })
          }).pipe(Effect.provide(SimulatedModel.layer({ slots: 1, fixedLatency: "1 second" })))
        }
      }
    })
  )

  it.effect("nothing sleeps on the clock once every call has ended", () =>
    Effect.gen(function* () {
      let sleeping = 0
      const clock = yield* Clock.Clock
      const counting: Clock.Clock = {
        ...clock,
        sleep: (duration) =>
          Effect.acquireUseRelease(
            Effect.sync(() => sleeping++),
            () => clock.sleep(duration),
            () => Effect.sync(() => sleeping--)
          )
      }
      yield* Effect.gen(function* () {
        const { complete } = yield* SimulatedModel
        const call = complete({ model: "m", messages: [{ role: "user", content: "Hi" }] })
        const first = yield* Effect.forkChild(call, { startImmediately: true })
        const second = yield* Effect.forkChild(call, { startImmediately: true })
        assert.strictEqual(sleeping, 1)
        yield* Fiber.interrupt(first)
        assert.strictEqual(sleeping, 1)
        yield* Fiber.interrupt(second)
        assert.strictEqual(sleeping, 0)
        yield* Effect.forkChild(call, { startImmediately: true })
      }).pipe(
        Effect.provide(SimulatedModel.layer({ incidents: [{ kind: "outage", from: "1 day", to: Infinity }] })),
        Effect.provideService(Clock.Clock, counting)
      )
      assert.strictEqual(sleeping, 0)
    })
  )
})
