import { assert, describe, it } from "@effect/vitest"
import { type Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Call, type CallOptions, Stage, waits } from "../../src/Call.ts"
import { Gate } from "../../src/Gate.ts"
import * as Headgate from "../../src/Headgate.ts"
import * as Metrics from "../../src/policy/Metrics/Metrics.ts"
import { SharedStore } from "../../src/shared/SharedStore.ts"
import { Stats } from "../../src/Stats.ts"

const limits = { maxConcurrentRequests: 1, requestsPerSecond: Infinity, maxQueueSize: 2, maxRetries: 0 }

const reports = Effect.map(
  Effect.flatMap(Stats, ({ recentCalls }) => recentCalls),
  ({ calls }) => calls
)

const start = <E>(options: CallOptions, work: Effect.Effect<unknown, E>) =>
  Effect.forkChild(Gate.pass(options, work), { startImmediately: true })

const busy = Effect.sleep("2 seconds")

describe("Stats.recentCalls", () => {
  it.effect("a call that nothing held up spent its time at the model", () =>
    Effect.gen(function* () {
      const call = yield* start({ caller: "ada", purpose: "plan", model: "small" }, busy)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(call)

      assert.deepStrictEqual(yield* reports, [
        {
          time: 0,
          caller: "ada",
          purpose: "plan",
          model: "small",
          outcome: "succeeded",
          code: null,
          attempts: 1,
          totalMs: 2000,
          waitMs: 0,
          stages: { model: 2000 },
          limit: null,
          remedy: null
        }
      ])
    }).pipe(Effect.provide(Headgate.make(limits)))
  )

  it.effect("a wait in the queue is explained by what the calls before it waited for", () =>
    Effect.gen(function* () {
      const calls = yield* Effect.forEach(["first", "second", "third"], (caller) => start({ caller }, busy))
      yield* TestClock.adjust("6 seconds")
      yield* Effect.forEach(calls, Fiber.join)
      const [third, second] = yield* reports

      assert.deepStrictEqual(second!.stages, { permit: 2000, model: 2000 })
      assert.deepStrictEqual(third!.stages, { queue: 2000, permit: 2000, model: 2000 })
      assert.deepStrictEqual([second!.limit, third!.limit], ["permit", "permit"])
      assert.deepStrictEqual([third!.waitMs, third!.totalMs], [4000, 6000])
      assert.match(third!.remedy!, /^more calls at once/)
    }).pipe(Effect.provide(Headgate.make(limits)))
  )

  it.effect("a slow rate is told from few permits", () =>
    Effect.gen(function* () {
      const calls = yield* Effect.forEach(["first", "second", "third"], (caller) => start({ caller }, Effect.void))
      yield* TestClock.adjust("4 seconds")
      yield* Effect.forEach(calls, Fiber.join)
      const [third, second] = yield* reports

      assert.deepStrictEqual(second!.stages, { rate: 2000 })
      assert.deepStrictEqual(third!.stages, { queue: 2000, rate: 2000 })
      assert.deepStrictEqual([second!.limit, third!.limit], ["rate", "rate"])
    }).pipe(Effect.provide(Headgate.make({ ...limits, requestsPerSecond: 0.5 })))
  )

  it.effect("a refusal says what would have admitted the call", () =>
    Effect.gen(function* () {
      const calls = yield* Effect.forEach([1, 2, 3], () => start({}, busy))
      yield* Effect.exit(Gate.pass({ caller: "late" }, busy))
      const [late] = yield* reports
      yield* Effect.forEach(calls, Fiber.interrupt)

      assert.deepStrictEqual([late!.outcome, late!.code, late!.limit], ["rejected", "queue_full", "queue"])
      assert.deepStrictEqual([late!.attempts, late!.stages], [0, {}])
      assert.match(late!.remedy!, /^a queue of more than 2 places/)
    }).pipe(Effect.provide(Headgate.make(limits)))
  )

  const tokens = { ...limits, maxConcurrentRequests: 5, tokensPerMinute: 100 }
  const stacks = {
    "the default stack": Headgate.make(tokens),
    "the preset adaptive": Headgate.make({ ...tokens, preset: "adaptive" }),
    "a stack of several replicas": Layer.unwrap(
      Effect.map(SharedStore.memory, (store) =>
        Headgate.layerShared(tokens).pipe(Layer.provide(SharedStore.layerMemory(store)))
      )
    )
  }
  for (const [name, stack] of Object.entries(stacks)) {
    it.effect(`a call that waits for tokens, or could not have them in time, names the token limit, in ${name}`, () =>
      Effect.gen(function* () {
        const call = (caller: string, deadline: Duration.Input) => start({ caller, tokens: 60, deadline }, Effect.void)
        yield* call("first", "1 minute")
        const waiting = yield* call("waits", "1 minute")
        const late = yield* call("late", "30 seconds")
        yield* TestClock.adjust("1 minute")
        yield* Effect.forEach([waiting, late], Fiber.await)
        const all = yield* reports

        assert.deepStrictEqual(all.map(({ caller, code, limit }) => [caller, code, limit]).toSorted(), [
          ["first", null, null],
          ["late", "deadline_exceeded", "token"],
          ["waits", null, "token"]
        ])
        assert.match(
          all.find(({ caller }) => caller === "late")!.remedy!,
          /^a longer deadline, or more tokens a minute/
        )
      }).pipe(Effect.provide(stack))
    )
  }

  it.effect("a deadline that ends a wait names the limit that the call waited for", () =>
    Effect.gen(function* () {
      const running = yield* start({}, busy)
      const waiting = yield* start({ caller: "late", deadline: "1 second" }, busy)
      yield* TestClock.adjust("1 second")
      yield* Fiber.await(waiting)
      const [late] = yield* reports
      yield* Fiber.interrupt(running)

      assert.deepStrictEqual([late!.code, late!.limit], ["deadline_exceeded", "permit"])
      assert.deepStrictEqual(late!.stages, { permit: 1000 })
      assert.match(late!.remedy!, /^a longer deadline, or more calls at once/)
    }).pipe(Effect.provide(Headgate.make(limits)))
  )

  it.effect("back-off between attempts is told from time at the model", () =>
    Effect.gen(function* () {
      let attempts = 0
      const flaky = Effect.suspend(() => {
        const failing = Effect.fail({ status: 503, headers: { "retry-after": "3" } })
        return Effect.andThen(Effect.sleep("1 second"), ++attempts === 1 ? failing : Effect.void)
      })
      const call = yield* start({}, flaky)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(call)
      const [report] = yield* reports

      assert.deepStrictEqual(report!.stages, { backoff: 3000, model: 2000 })
      assert.deepStrictEqual([report!.attempts, report!.limit], [2, "backoff"])
    }).pipe(Effect.provide(Headgate.make({ ...limits, maxRetries: 1 })))
  )

  it.effect("a policy of a program's own counts by its name", () => {
    class Slow extends Stage {
      readonly call: Call
      constructor(call: Call) {
        super()
        this.call = call
      }
      override enter(): typeof waits {
        const proceed = Effect.sync(() => this.call.proceed(this))
        Effect.runForkWith(context)(Effect.andThen(Effect.sleep("1 second"), proceed))
        return waits
      }
    }
    let context = undefined as never
    const policy = Object.assign((call: Call) => new Slow(call), { waitsFor: "review" })
    const gate = Metrics.layer().pipe(
      Layer.provide(
        Gate.policy(() => Effect.map(Effect.context<never>(), (own) => ((context = own as never), policy)))
      ),
      Layer.provide(Gate.layerNoop),
      Layer.provideMerge(Stats.layer)
    )
    return Effect.gen(function* () {
      const call = yield* start({}, Effect.void)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(call)
      const [report] = yield* reports

      assert.deepStrictEqual([report!.stages, report!.limit], [{ review: 1000 }, "review"])
    }).pipe(Effect.provide(gate))
  })

  it.effect("the last hundred calls are kept, the newest first", () =>
    Effect.gen(function* () {
      for (let index = 0; index < 130; index++) yield* Gate.pass({ caller: `${index}` }, Effect.void)
      const calls = yield* reports

      assert.deepStrictEqual(
        calls.map(({ caller }) => caller),
        Array.from({ length: 100 }, (_, index) => `${129 - index}`)
      )
    }).pipe(Effect.provide(Headgate.make(limits)))
  )
})
