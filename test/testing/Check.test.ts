import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { ConcurrencyLimit, Gate, InvalidOptions, type Pass } from "../../src/index.ts"
import { check, Law, LawBroken, Scenario } from "../../src/testing.ts"

const policy = (make: (inner: Pass) => Pass) =>
  Gate.wrap((inner) => Effect.sync(() => make(inner))).pipe(Layer.provide(Gate.layerNoop))

const two = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))

/** Guarantees fewer permits than the gate gives. */
const broken = (options: object = {}) =>
  Effect.flatMap(Effect.flip(check(Law.bounds, two, { permits: 1, ...options })), (error) =>
    error instanceof LawBroken ? Effect.succeed(error) : Effect.die(error)
  )

/** A law that records the scenarios it is checked on. */
const counting = (scenarios: Law.Law["scenarios"]) => {
  const seen: Array<Scenario.Scenario> = []
  const law: Law.Law = {
    name: "counting",
    statement: "nothing",
    scenarios,
    after: ({ scenario }) => Effect.sync(() => (seen.push(scenario), []))
  }
  return { law, seen }
}

describe("check", () => {
  it.effect("shrinks to the fewest and simplest calls that break the law", () =>
    Effect.gen(function* () {
      const { history, message, scenario, violations } = yield* broken()

      assert.deepStrictEqual(violations, ["2 permits were in use at once, allowed 1"])
      assert.deepStrictEqual(scenario, {
        calls: [{ ...Scenario.plain, duration: 100 }, Scenario.plain],
        yieldEvery: Scenario.defaultYieldEvery,
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

  it.effect("its replay breaks the same law again, and no other scenario runs", () =>
    Effect.gen(function* () {
      const first = yield* broken({ seed: 3 })
      const again = yield* broken({ replay: first.replay })
      const { law, seen } = counting(["loads", "interruptions"])
      yield* check(law, two, { replay: first.replay })

      assert.deepStrictEqual([again.violations, again.history], [first.violations, first.history])
      assert.deepStrictEqual(seen, [first.scenario])
    })
  )

  it.effect("the same seed gives the same loads, another seed other loads", () =>
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

  it.effect("a call is interrupted at each of its steps, at each yieldEvery", () =>
    Effect.gen(function* () {
      const { law, seen } = counting(["interruptions"])
      yield* check(law, two, { yieldEvery: [Scenario.defaultYieldEvery, 5, 17], runs: 1 })
      const stepsOf = (yieldEvery: number) =>
        seen
          .flatMap((scenario) => (scenario.yieldEvery === yieldEvery ? scenario.calls : []))
          .map(({ interruptAtStep }) => interruptAtStep)

      for (const yieldEvery of [Scenario.defaultYieldEvery, 5, 17]) {
        const steps = new Set(stepsOf(yieldEvery).filter((step) => step !== Infinity))
        assert.isAbove(steps.size, 30)
        assert.deepStrictEqual(
          [...steps].sort((a, b) => a - b),
          Array.from({ length: steps.size }, (_, i) => i + 1)
        )
      }
    })
  )

  it.effect("a guaranteed open time adds a scene in which the circuit opens", () =>
    Effect.gen(function* () {
      const { law, seen } = counting(["interruptions"])
      yield* check(law, two, { yieldEvery: [Scenario.defaultYieldEvery], openDuration: "3 seconds", stride: 20 })

      assert.isTrue(
        seen.some(({ calls }) => calls.some(({ at, interruptAtStep }) => at === 3500 && interruptAtStep !== Infinity))
      )
    })
  )

  it.effect("each scenario runs on a new stack", () =>
    Effect.gen(function* () {
      let built = 0
      const counted = Layer.effect(
        Gate,
        Effect.sync(() => {
          built++
          return { pass: (_options, call) => call } satisfies { readonly pass: Pass }
        })
      )
      const { law, seen } = counting(["loads"])
      yield* check(law, counted, { runs: 4 })

      assert.deepStrictEqual([built, seen.length], [4, 4])
    })
  )

  it.effect("a layer that cannot be built fails with its own error", () =>
    Effect.gen(function* () {
      const unbuilt = ConcurrencyLimit.layer({ permits: 0 }).pipe(Layer.provide(Gate.layerNoop))
      const error = yield* Effect.flip(check(Law.all, unbuilt))

      assert.instanceOf(error, InvalidOptions)
      assert.strictEqual((error as InvalidOptions).problems[0]?.name, "permits")
    })
  )

  it.effect("all wrong options are named at once, and an unreadable replay is shown an example", () =>
    Effect.gen(function* () {
      const guarantees = yield* Effect.flip(
        check(Law.all, two, { permits: 0, retries: 99, attemptTimeout: -1, counts: "some" as never })
      )
      const effort = yield* Effect.flip(
        check(Law.all, two, { runs: 0, yieldEvery: [3], seed: -1, maxShrinks: NaN, stride: 0 })
      )
      const replay = yield* Effect.flip(check(Law.all, two, { replay: '{"calls":[{"kind":"sing"}]}' }))
      const names = (error: unknown) => (error as InvalidOptions).problems.map(({ name }) => name).sort()

      assert.deepStrictEqual(names(guarantees), ["attemptTimeout", "counts", "permits", "retries"])
      assert.deepStrictEqual(names(effort), ["maxShrinks", "runs", "seed", "stride", "yieldEvery[0]"])
      assert.match(
        (replay as InvalidOptions).message,
        /^replay=.*"sing".* for example replay=\{"calls":\[\{"cancelAt":100\}\]/
      )
    })
  )

  it.effect("a call that cannot be interrupted is reported and does not block the check", () =>
    Effect.gen(function* () {
      const stubborn = policy(
        (inner) => (options, call) => Effect.uninterruptible(Effect.andThen(inner(options, call), Effect.never))
      )
      const error = yield* Effect.flip(check(Law.conservation, stubborn, { maxShrinks: 50 }))

      assert.match((error as LawBroken).violations[0]!, /^call \d+ did not end after its caller cancelled$/)
    })
  )

  it.effect("without shrinking the scenario stays as it was found", () =>
    Effect.gen(function* () {
      const { from, scenario } = yield* broken({ maxShrinks: 0 })

      assert.strictEqual(scenario.calls.length, from)
      assert.isAbove(from, 1)
    })
  )

  for (const [name, pause] of [
    ["yields", Effect.yieldNow],
    ["waits for a promise", Effect.promise(() => Promise.resolve())]
  ] as const) {
    it.effect(`a policy that ${name} before it passes a call keeps every law`, () => {
      const own = Gate.wrap((inner) =>
        Effect.sync(() => (options, call) => Effect.andThen(pause, inner(options, call)))
      )
      return check(Law.all, Layer.provide(own, two), { permits: 2 })
    })
  }
})
