import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ConcurrencyLimit, Gate, InvalidOptions, type Pass } from "../../src/index.ts"
import { check, Law, LawBroken, Scenario } from "../../src/testing.ts"

const policy = (make: (inner: Pass) => Pass) =>
  Gate.wrap((inner) => Effect.sync(() => make(inner))).pipe(Layer.provide(Gate.layerNoop))

const two = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))

/** Promises less than the gate holds. */
const broken = (options: object = {}) =>
  Effect.flatMap(Effect.flip(check(Law.bounds, two, { permits: 1, ...options })), (error) =>
    error instanceof LawBroken ? Effect.succeed(error) : Effect.die(error)
  )

/** Counts the scenarios it is tried on. */
const counting = (tests: Law.Law["tests"]) => {
  const seen: Array<Scenario.Scenario> = []
  const law: Law.Law = {
    name: "counting",
    promise: "nothing",
    tests,
    after: ({ scenario }) => Effect.sync(() => (seen.push(scenario), []))
  }
  return { law, seen }
}

describe("check", () => {
  it.effect("shows the fewest calls that break the law, each as plain as can be", () =>
    Effect.gen(function* () {
      const { history, message, scenario, wrongs } = yield* broken()

      assert.deepStrictEqual(wrongs, ["2 permits were in use at once, of 1"])
      assert.deepStrictEqual(scenario, {
        calls: [{ ...Scenario.plain, takes: 100 }, Scenario.plain],
        rhythm: Scenario.usual,
        seed: 0
      })
      assert.deepStrictEqual(
        history.map((line) => line.trim()),
        [
          "0 ms  call 1 arrives (of caller 0)",
          "0 ms  call 1 starts",
          "0 ms  call 2 arrives (of caller 0)",
          "0 ms  call 2 starts",
          "0 ms  call 2 stops at the model: succeeded",
          "0 ms  call 2 ends: succeeded",
          "100 ms  call 1 stops at the model: succeeded",
          "100 ms  call 1 ends: succeeded"
        ]
      )
      assert.include(message, `replay: ${JSON.stringify(Scenario.write(scenario))}`)
    })
  )

  it.effect("its replay breaks the same law again, and no other scenario is played then", () =>
    Effect.gen(function* () {
      const first = yield* broken({ seed: 3 })
      const again = yield* broken({ replay: first.replay })
      const { law, seen } = counting(["loads", "interruptions"])
      yield* check(law, two, { replay: first.replay })

      assert.deepStrictEqual([again.wrongs, again.history], [first.wrongs, first.history])
      assert.deepStrictEqual(seen, [first.scenario])
    })
  )

  it.effect("the same seed finds the same, another seed other loads", () =>
    Effect.gen(function* () {
      const loads = Effect.fnUntraced(function* (seed: number) {
        const { law, seen } = counting(["loads"])
        yield* check(law, two, { seed, runs: 3 })
        return seen
      })

      assert.deepStrictEqual(yield* loads(1), yield* loads(1))
      assert.notDeepEqual(yield* loads(1), yield* loads(2))
      assert.strictEqual((yield* broken({ seed: 5 })).message, (yield* broken({ seed: 5 })).message)
    })
  )

  it.effect("a call is interrupted at each of its steps, at each rhythm", () =>
    Effect.gen(function* () {
      const { law, seen } = counting(["interruptions"])
      yield* check(law, two, { rhythms: [Scenario.usual, 5, 17], runs: 1 })
      const cuts = (rhythm: number) =>
        seen.flatMap((scenario) => (scenario.rhythm === rhythm ? scenario.calls : [])).map(({ cut }) => cut)

      for (const rhythm of [Scenario.usual, 5, 17]) {
        const steps = new Set(cuts(rhythm).filter((cut) => cut !== Infinity))
        assert.isAbove(steps.size, 30)
        assert.deepStrictEqual(
          [...steps].sort((a, b) => a - b),
          Array.from({ length: steps.size }, (_, i) => i + 1)
        )
      }
    })
  )

  it.effect("a promise of a circuit brings a scene in which it opens", () =>
    Effect.gen(function* () {
      const { law, seen } = counting(["interruptions"])
      yield* check(law, two, { rhythms: [Scenario.usual], openFor: "3 seconds", stride: 20 })

      assert.isTrue(seen.some(({ calls }) => calls.some(({ at, cut }) => at === 3500 && cut !== Infinity)))
    })
  )

  it.effect("each scenario meets a stack that is new", () =>
    Effect.gen(function* () {
      let built = 0
      const counted = Layer.effect(
        Gate,
        Effect.sync(() => {
          built++
          return { pass: (_ask, call) => call } satisfies { readonly pass: Pass }
        })
      )
      const { law, seen } = counting(["loads"])
      yield* check(law, counted, { runs: 4 })

      assert.deepStrictEqual([built, seen.length], [4, 4])
    })
  )

  it.effect("a layer that cannot be built fails as it does", () =>
    Effect.gen(function* () {
      const unbuilt = ConcurrencyLimit.layer({ permits: 0 }).pipe(Layer.provide(Gate.layerNoop))
      const error = yield* Effect.flip(check(Law.all, unbuilt))

      assert.instanceOf(error, InvalidOptions)
      assert.strictEqual((error as InvalidOptions).problems[0]?.name, "permits")
    })
  )

  it.effect("wrong promises are named all at once, and a replay that cannot be read says what one looks like", () =>
    Effect.gen(function* () {
      const promises = yield* Effect.flip(
        check(Law.all, two, { permits: 0, retries: 99, attempt: -1, counts: "some" as never })
      )
      const effort = yield* Effect.flip(
        check(Law.all, two, { runs: 0, rhythms: [3], seed: -1, shrinks: NaN, stride: 0 })
      )
      const replay = yield* Effect.flip(check(Law.all, two, { replay: '{"calls":[{"kind":"sing"}]}' }))
      const names = (error: unknown) => (error as InvalidOptions).problems.map(({ name }) => name).sort()

      assert.deepStrictEqual(names(promises), ["attempt", "counts", "permits", "retries"])
      assert.deepStrictEqual(names(effort), ["rhythms", "runs", "seed", "shrinks", "stride"])
      assert.match(
        (replay as InvalidOptions).message,
        /^replay=.*"sing".* for example replay=\{"calls":\[\{"leaves":100\}\]/
      )
    })
  )

  it.effect("a call that nothing can interrupt is reported, and does not hold the check up", () =>
    Effect.gen(function* () {
      const stubborn = policy(
        (inner) => (options, call) => Effect.uninterruptible(Effect.andThen(inner(options, call), Effect.never))
      )
      const error = yield* Effect.flip(check(Law.conservation, stubborn, { shrinks: 50 }))

      assert.match((error as LawBroken).wrongs[0]!, /^call \d+ has not ended, though its caller has left$/)
    })
  )

  it.effect("no try to shorten leaves the scenario as it was found", () =>
    Effect.gen(function* () {
      const { from, scenario } = yield* broken({ shrinks: 0 })

      assert.strictEqual(scenario.calls.length, from)
      assert.isAbove(from, 1)
    })
  )

  for (const [name, pause] of [
    ["yields", Effect.yieldNow],
    ["waits for a promise", Effect.promise(() => Promise.resolve())]
  ] as const) {
    it.effect(`a policy that ${name} on the way is as good as any`, () => {
      const own = Gate.wrap((inner) =>
        Effect.sync(() => (options, call) => Effect.andThen(pause, inner(options, call)))
      )
      return check(Law.all, Layer.provide(own, two), { permits: 2 })
    })
  }
})
