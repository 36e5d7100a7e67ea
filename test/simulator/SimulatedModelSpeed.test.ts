import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type { Options } from "../../src/simulator/model/Options.ts"

const exact: Options = {
  tokensPerSecond: 100,
  firstToken: 300,
  perPromptToken: 0,
  slowdown: 1,
  replyTokens: { chat: 1000 },
  spread: 0
}

const withModel = (options: Options) => Effect.provide(SimulatedModel.layer({ ...exact, ...options }))

/** The moment at which a reply of so many tokens is whole. */
const endOf = (max_tokens: number, { model = "gpt-4o-mini", prompt = "Hi" } = {}) =>
  Effect.gen(function* () {
    const service = yield* SimulatedModel
    yield* service.complete({ model, max_tokens, messages: [{ role: "user", content: prompt }] })
    return yield* Clock.currentTimeMillis
  })

const close = (actual: number, expected: number) => assert.closeTo(actual, expected, 0.001)

/** Forks calls of one token each, lets time pass, and gives their ends. */
const ends = (calls: ReadonlyArray<{ readonly at: number; readonly tokens?: number; readonly model?: string }>) =>
  Effect.gen(function* () {
    const fibers = yield* Effect.forEach(calls, ({ at, tokens = 1, ...more }) =>
      Effect.forkChild(Effect.delay(endOf(tokens, more), at))
    )
    yield* TestClock.adjust("1 hour")
    return yield* Effect.forEach(fibers, Fiber.join)
  })

describe("SimulatedModel speed", () => {
  it.effect("a reply alone takes its time to the first token and then a steady time for each further one", () =>
    Effect.gen(function* () {
      const [one, many] = yield* ends([{ at: 0 }, { at: 10_000, tokens: 101 }])

      close(one!, 300)
      close(many!, 10_000 + 300 + 100 * 10)
    }).pipe(withModel({}))
  )

  it.effect("time to the first token grows with the prompt", () =>
    Effect.gen(function* () {
      const short = yield* Effect.forkChild(endOf(1, { prompt: "x".repeat(4) }))
      yield* TestClock.adjust("1 minute")
      const long = yield* Effect.forkChild(endOf(1, { prompt: "x".repeat(4000) }))
      yield* TestClock.adjust("1 minute")

      close(yield* Fiber.join(short), 300 + 7 * 2)
      close(yield* Fiber.join(long), 60_000 + 300 + 1006 * 2)
    }).pipe(withModel({ perPromptToken: 2 }))
  )

  it.effect("replies that run together slow each other, by as much as the option says", () =>
    Effect.gen(function* () {
      const together = yield* ends([{ at: 0 }, { at: 0 }, { at: 0 }])

      for (const end of together) close(end, 300 * (1 + 2 * 0.25))
    }).pipe(withModel({ slowdown: 0.25 }))
  )

  it.effect("what is left of a reply is timed anew when another begins or ends", () =>
    Effect.gen(function* () {
      const [first, second] = yield* ends([{ at: 0 }, { at: 150 }])

      close(first!, 450)
      close(second!, 600)
    }).pipe(withModel({}))
  )

  it.effect("what is left of a reply is timed anew when another is interrupted", () =>
    Effect.gen(function* () {
      const stays = yield* Effect.forkChild(endOf(1))
      const leaves = yield* Effect.forkChild(endOf(1))
      yield* TestClock.adjust(200)
      yield* Fiber.interrupt(leaves)
      yield* TestClock.adjust("1 minute")

      close(yield* Fiber.join(stays), 400)
    }).pipe(withModel({}))
  )

  it.effect("a heavier model takes longer and a lighter one shorter", () =>
    Effect.gen(function* () {
      const [usual, heavy, light] = yield* ends([
        { at: 0, tokens: 101 },
        { at: 10_000, tokens: 101, model: "gpt-4o" },
        { at: 20_000, tokens: 101, model: "gpt-4.1-nano" }
      ])

      close(usual!, 1300)
      close(heavy! - 10_000, 2600)
      close(light! - 20_000, 650)
    }).pipe(withModel({}))
  )

  it.effect("only as many run as there are slots, and the others follow in the order they came", () =>
    Effect.gen(function* () {
      const fibers = yield* ends([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }])
      const { gauges } = yield* SimulatedModel

      fibers.forEach((end, i) => close(end, [300, 301, 600, 601, 900][i]!))
      assert.deepInclude(yield* gauges, { peak: 2, running: 0, waiting: 0, answered: 5 })
    }).pipe(withModel({ slots: 2, slowdown: 0 }))
  )

  it.effect("a request that finds the queue full is told when a place will be free", () =>
    Effect.gen(function* () {
      const { gauges } = yield* SimulatedModel
      yield* Effect.forkChild(endOf(1))
      yield* Effect.forkChild(endOf(1))
      yield* TestClock.adjust(500)
      const error = yield* Effect.flip(endOf(1))
      yield* TestClock.adjust(1499)
      const early = yield* Effect.flip(endOf(1))
      yield* TestClock.adjust(1)
      const retried = yield* Effect.forkChild(endOf(1))
      yield* TestClock.adjust("1 minute")

      assert.deepInclude(error, { status: 429, type: "rate_limit_error", code: "engine_overloaded" })
      close(Duration.toMillis(error.retryAfter!), 1500)
      close(Duration.toMillis(early.retryAfter!), 1)
      close(yield* Fiber.join(retried), 6000)
      assert.deepInclude(yield* gauges, { arrived: 5, answered: 3, refused: 2 })
    }).pipe(withModel({ slots: 1, queue: 1, fixedLatency: "2 seconds" }))
  )

  it.effect("a fixed reply time holds whatever the load and the length", () =>
    Effect.gen(function* () {
      const all = yield* ends([{ at: 0 }, { at: 0, tokens: 500 }, { at: 0, tokens: 20, model: "gpt-4o" }])

      for (const end of all) close(end, 2000)
    }).pipe(Effect.provide(SimulatedModel.layer({ fixedLatency: "2 seconds" })))
  )

  it.effect("a slow-down stretches the part of a reply that falls into it", () =>
    Effect.gen(function* () {
      const [during, after] = yield* ends([{ at: 0 }, { at: 2000 }])

      close(during!, 1200)
      close(after!, 2300)
    }).pipe(withModel({ incidents: [{ kind: "slow", from: 100, to: 1100, speed: 0.1 }] }))
  )

  it.effect("a reply that is being written stands still while the speed is nothing", () =>
    Effect.gen(function* () {
      const [end] = yield* ends([{ at: 0 }])

      close(end!, 1300)
    }).pipe(withModel({ incidents: [{ kind: "slow", from: 100, to: 1100, speed: 0 }] }))
  )

  it.effect("without options a typical reply takes between half a second and three", () =>
    Effect.gen(function* () {
      const { complete } = yield* SimulatedModel
      const call = (i: number) =>
        Effect.timed(
          complete({ model: "gpt-4o-mini", messages: [{ role: "user", content: `Question ${i} about bees` }] })
        )
      const running = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 300 }, (_, i) => i),
          call,
          { concurrency: 3 }
        )
      )
      yield* TestClock.adjust("1 hour")
      const times = (yield* Fiber.join(running)).map(([time]) => Duration.toMillis(time)).sort((a, b) => a - b)

      assert.isAbove(times[15]!, 500)
      assert.isBelow(times[150]!, 2500)
      assert.isBelow(times[270]!, 4000)
    }).pipe(Effect.provide(SimulatedModel.layer()))
  )
})
