import { Effect, type Layer, Predicate } from "effect"
import type { CallOptions } from "../Call.ts"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Field from "../config/Field.ts"
import { decode, type For, list } from "../config/Options.ts"
import type { Gate } from "../Gate.ts"
import { fields as guarantees, type Guarantees, limitsOf } from "./Guarantees.ts"
import { type Law, LawBroken } from "./Law.ts"
import { all } from "./Laws.ts"
import { type Result, run, type Subject } from "./Run.ts"
import { defaultYieldEvery, read, type Scenario } from "./Scenario.ts"
import { interruptedAt, interruptionScenes, randomLoad, shrink } from "./Workload.ts"

/** The guarantees of a stack, and how thoroughly they are tested. */
export interface Options extends Guarantees {
  /** Random loads to run, 1 to 1000000. Default: 20. */
  readonly runs?: number | undefined
  /** The seed of the random loads, a whole number from 0 to 1000000. Default: 1. */
  readonly seed?: number | undefined
  /** Operations after which fibers yield while a call is interrupted at each of its steps, each from 5. Default: 2048 and 7. */
  readonly yieldEvery?: ReadonlyArray<number> | undefined
  /** The distance between the steps at which a call is interrupted, 1 to 1000000; more is faster and misses some. Default: 1. */
  readonly stride?: number | undefined
  /** Scenarios to try in order to find the shortest that breaks a law, 0 to 1000000. Default: 500. */
  readonly maxShrinks?: number | undefined
  /** Runs only this scenario, as `LawBroken` prints it or as an object, and does not shrink it. Default: none. */
  readonly replay?: string | Scenario | undefined
  /** Changes the options of the scenario's n-th call, from 0: for a stack that admits known callers only. Default: no change. */
  readonly optionsOf?: ((options: CallOptions, index: number) => CallOptions) | undefined
}

const most = 1_000_000

const isReplay = (value: unknown): value is string | Scenario => Predicate.isString(value) || Predicate.isObject(value)

const fields = {
  ...guarantees,
  runs: Field.integer(1, most, { default: 20 }),
  seed: Field.integer(0, most, { default: 1 }),
  yieldEvery: list(Field.integer(5, most, { example: "7" }), { default: [defaultYieldEvery, 7] }),
  stride: Field.integer(1, most, { default: 1 }),
  maxShrinks: Field.integer(0, most, { default: 500 }),
  replay: Field.optional(Field.value(isReplay, "a scenario")),
  optionsOf: Field.func({ default: (given: CallOptions, _index: number): CallOptions => given })
} satisfies For<Options>

/** Widens the stride once a call has many steps: a policy that polls has thousands. */
const widening = (step: number): number => (step < 300 ? 1 : Math.ceil(step / 20))

/**
 * Checks one or more laws on a stack; fails with the shortest history found that breaks one.
 *
 * Each scenario runs on a new stack, with a virtual clock and a random generator of its own. Scenarios are random loads of
 * calls that succeed, fail, hang, die, stream and are cancelled, and four calls of which one is interrupted at each of its
 * steps.
 *
 * @example
 * const stack = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(check(Law.all, stack, { permits: 2, runs: 3, stride: 20 }))
 */
export const check = Effect.fnUntraced(function* <E, R>(
  laws: Law | ReadonlyArray<Law>,
  layer: Layer.Layer<Gate, E, R>,
  options: Options = {}
): Effect.fn.Return<void, LawBroken | InvalidOptions | E, R> {
  const { replay, ...effort } = yield* decode(fields, options)
  const limits = limitsOf(effort)
  const subject: Subject<E, R> = { layer, limits, optionsOf: effort.optionsOf }
  const checked = "name" in laws ? [laws] : laws

  const report = Effect.fnUntraced(function* (scenario: Scenario, { broken, history }: Result) {
    if (broken === undefined) return
    const breaks = (simpler: Scenario) =>
      Effect.map(run(subject, [broken.law], simpler), (result) =>
        result.broken === undefined ? undefined : { violations: result.broken.violations, history: result.history }
      )
    const first = { violations: broken.violations, history }
    const tries = replay === undefined ? effort.maxShrinks : 0
    const shortest = yield* shrink(scenario, first, breaks, tries)
    return yield* new LawBroken({
      law: broken.law.name,
      statement: broken.law.statement,
      seed: effort.seed,
      from: scenario.calls.length,
      scenario: shortest.scenario,
      ...shortest.found
    })
  })

  if (replay !== undefined) {
    const scenario = typeof replay === "string" ? yield* read(replay) : replay
    return yield* report(scenario, yield* run(subject, checked, scenario))
  }
  const interrupting = checked.filter(({ scenarios }) => scenarios.includes("interruptions"))
  for (const yieldEvery of interrupting.length > 0 ? effort.yieldEvery : []) {
    for (const scene of interruptionScenes(limits)) {
      let reached = true
      for (let step = 1 + (effort.seed % effort.stride); reached; step += effort.stride * widening(step)) {
        const scenario = interruptedAt(scene, step, yieldEvery)
        const result = yield* run(subject, interrupting, scenario)
        yield* report(scenario, result)
        reached = result.reached
      }
    }
  }
  for (let index = 0; index < effort.runs; index++) {
    // A law that compares two runs doubles the time, so only every fourth load is run for it.
    const loading = checked.filter(
      ({ compare, scenarios }) => scenarios.includes("loads") && (compare === undefined || index % 4 === 0)
    )
    if (loading.length === 0) continue
    const scenario = yield* randomLoad(limits, effort.seed, index)
    yield* report(scenario, yield* run(subject, loading, scenario))
  }
})

/** The functions of a test runner (vitest, node:test, jest, mocha) that `laws` uses. */
export interface Runner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>, timeoutMillis?: number) => unknown
}

export interface LawsOptions extends Options {
  /** The test runner. Default: the global `describe` and `it`. */
  readonly runner?: Runner | undefined
  /** The laws to test. Default: all. */
  readonly laws?: ReadonlyArray<Law> | undefined
  /** The time limit of one law, in milliseconds, for runners whose `it` takes one. Default: 600000. */
  readonly timeout?: number | undefined
}

const globalRunner = (): Runner => {
  const { describe, it } = globalThis as Partial<Runner>
  if (describe !== undefined && it !== undefined) return { describe, it }
  throw new TypeError(
    "There is no global describe and it: pass them, for example laws(name, layer, { runner: { describe, it } })"
  )
}

/**
 * Registers a test for each law on a stack; see `check`.
 *
 * @example
 * const stack = ConcurrencyLimit.layer({ permits: 2 }).pipe(Layer.provide(Gate.layerNoop))
 * const runner = { describe: (_name: string, tests: () => void) => tests(), it: () => {} }
 *
 * laws("our gate", stack, { permits: 2, runner })
 */
export const laws = <E>(name: string, layer: Layer.Layer<Gate, E>, options: LawsOptions = {}): void => {
  const { laws = all, runner = globalRunner(), timeout = 600_000, ...rest } = options
  runner.describe(name, () => {
    for (const law of laws) {
      const test = () => Effect.runPromise(check(law, layer, rest))
      runner.it(`${law.name}: ${law.statement}`, test, timeout)
    }
  })
}
