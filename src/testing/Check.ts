import { Effect, type Layer, Predicate } from "effect"
import type { CallOptions } from "../Call.ts"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Field from "../config/Field.ts"
import { decode, type For, list } from "../config/Options.ts"
import type { Gate } from "../Gate.ts"
import { attempt, type Result, type Subject } from "./Attempt.ts"
import { interruptedAt, load, scenesFor } from "./Draw.ts"
import { LawBroken } from "./LawBroken.ts"
import { fields as promises, limitsOf, type Promises } from "./Promises.ts"
import { read, type Scenario, usual } from "./Scenario.ts"
import { shrink } from "./Shrink.ts"
import type { Law } from "./Trial.ts"

/** What a stack promises, and how hard it is tested. */
export interface Options extends Promises {
  /** Random loads, 1 to 1000000; 20. */
  readonly runs?: number | undefined
  /** The seed of all that is drawn, a whole number from 0 to 1000000; 1. */
  readonly seed?: number | undefined
  /** Operations after which fibers yield while a call is interrupted at each of its steps, each from 5; 2048 (as Effect does) and 7. */
  readonly rhythms?: ReadonlyArray<number> | undefined
  /** From one step at which a call is interrupted to the next, 1 to 1000000; 1. More is faster, and misses some. */
  readonly stride?: number | undefined
  /** Scenarios that are tried to find the shortest that breaks a law, 0 to 1000000; 500. */
  readonly shrinks?: number | undefined
  /** A scenario, perhaps as a broken law prints it, which is then the only one and is not shortened. */
  readonly replay?: string | Scenario | undefined
  /** Changes the options of the scenario's n-th call, from 0, for a stack that knows some callers only, say; none. */
  readonly optionsOf?: ((drawn: CallOptions, index: number) => CallOptions) | undefined
}

const most = 1_000_000

const isReplay = (value: unknown): value is string | Scenario => Predicate.isString(value) || Predicate.isObject(value)

const fields = {
  ...promises,
  runs: Field.integer(1, most, { default: 20 }),
  seed: Field.integer(0, most, { default: 1 }),
  rhythms: list(Field.integer(5, most, { example: "7" }), { default: [usual, 7] }),
  stride: Field.integer(1, most, { default: 1 }),
  shrinks: Field.integer(0, most, { default: 500 }),
  replay: Field.optional(Field.value(isReplay, "a scenario")),
  optionsOf: Field.func({ default: (drawn: CallOptions, _index: number): CallOptions => drawn })
} satisfies For<Options>

/** Each step of a call as long as it has few; a policy that looks again and again has thousands. */
const grown = (step: number): number => (step < 300 ? 1 : Math.ceil(step / 20))

/**
 * Puts one or more laws to the test on a stack, and fails with the shortest history that breaks one.
 *
 * The stack is built anew for each scenario, on a virtual clock and a generator of its own. Scenarios are random loads of calls
 * that succeed, fail, hang, die, stream and leave, and four calls of which one is interrupted at each of its steps.
 */
export const check = Effect.fnUntraced(function* <E, R>(
  laws: Law | ReadonlyArray<Law>,
  layer: Layer.Layer<Gate, E, R>,
  options: Options = {}
): Effect.fn.Return<void, LawBroken | InvalidOptions | E, R> {
  const { replay, ...effort } = yield* decode(fields, options)
  const limits = limitsOf(effort)
  const subject: Subject<E, R> = { layer, limits, optionsOf: effort.optionsOf }
  const all = "name" in laws ? [laws] : laws

  const report = Effect.fnUntraced(function* (scenario: Scenario, { broken, history }: Result) {
    if (broken === undefined) return
    const breaks = (simpler: Scenario) =>
      Effect.map(attempt(subject, [broken.law], simpler), (result) =>
        result.broken === undefined ? undefined : { wrongs: result.broken.wrongs, history: result.history }
      )
    const first = { wrongs: broken.wrongs, history }
    const tries = replay === undefined ? effort.shrinks : 0
    const shortest = yield* shrink(scenario, first, breaks, tries)
    return yield* new LawBroken({
      law: broken.law.name,
      promise: broken.law.promise,
      seed: effort.seed,
      from: scenario.calls.length,
      scenario: shortest.scenario,
      ...shortest.found
    })
  })

  if (replay !== undefined) {
    const scenario = typeof replay === "string" ? yield* read(replay) : replay
    return yield* report(scenario, yield* attempt(subject, all, scenario))
  }
  const interrupting = all.filter(({ tests }) => tests.includes("interruptions"))
  for (const rhythm of interrupting.length > 0 ? effort.rhythms : []) {
    for (const scene of scenesFor(limits)) {
      for (let step = 1 + (effort.seed % effort.stride), reached = true; reached; step += effort.stride * grown(step)) {
        const scenario = interruptedAt(scene, step, rhythm)
        const result = yield* attempt(subject, interrupting, scenario)
        yield* report(scenario, result)
        reached = result.reached
      }
    }
  }
  for (let run = 0; run < effort.runs; run++) {
    // What is played twice is played on every fourth load only.
    const loading = all.filter(({ tests, twice }) => tests.includes("loads") && (twice === undefined || run % 4 === 0))
    if (loading.length === 0) continue
    const scenario = yield* load(limits, effort.seed, run)
    yield* report(scenario, yield* attempt(subject, loading, scenario))
  }
})
