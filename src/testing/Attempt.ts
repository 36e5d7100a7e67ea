import { Context, Effect, Layer, Option, Random } from "effect"
import { TestClock } from "effect/testing"
import { type CallOptions, ResolvedOptions } from "../Call.ts"
import { Gate } from "../Gate.ts"
import { Stats } from "../Stats.ts"
import { Machine } from "./Machine.ts"
import { Observer } from "./Observer.ts"
import { play } from "./Play.ts"
import type { Limits } from "./Promises.ts"
import type { Scenario } from "./Scenario.ts"
import { abandoned, type Law, type Trial, type Wrongs } from "./Trial.ts"

/** A stack under test, and what it promises. */
export interface Subject<E, R> {
  readonly layer: Layer.Layer<Gate, E, R>
  readonly limits: Limits
  readonly optionsOf: (drawn: CallOptions, index: number) => CallOptions
}

/** How a scenario went. */
export interface Result {
  /** The first law that was broken. */
  readonly broken: { readonly law: Law; readonly wrongs: Wrongs } | undefined
  readonly history: ReadonlyArray<string>
  /** Whether every caller that was to leave at a step came to it. */
  readonly reached: boolean
}

/** Looks at each law in turn, until one is broken. */
const look = (laws: ReadonlyArray<Law>, trial: Trial, when: "during" | "after") =>
  Effect.gen(function* () {
    for (const law of laws) {
      const wrongs = yield* law[when]?.(trial) ?? Effect.succeed([])
      if (wrongs.length > 0) return yield* Effect.fail({ law, wrongs })
    }
  })

/** A new stack on a clock and a generator of its own. */
const fresh = <A, E, R>(scenario: Scenario, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Random.withSeed(scenario.seed), Effect.scoped, Effect.provide(TestClock.layer()), Machine.run)

const once = <E, R>({ optionsOf, layer, limits }: Subject<E, R>, laws: ReadonlyArray<Law>, scenario: Scenario) =>
  Effect.gen(function* () {
    // A layer is built once per memo map, and its state must not go from one run to the next.
    const context = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), yield* Effect.scope)
    const observer = yield* Observer.make
    let asked = 0
    const trial: Trial = {
      scenario,
      limits,
      pass: Context.get(context, Gate).pass,
      stats: Option.getOrUndefined(Context.getOption(context as Context.Context<Gate | Stats>, Stats)),
      observer,
      drawn: new Map(),
      fibers: [],
      optionsOf: (drawn) => ResolvedOptions.of(optionsOf(drawn, asked++))
    }
    let reached = false
    const played = Effect.gen(function* () {
      reached = yield* play(trial, look(laws, trial, "during"))
      yield* look(laws, trial, "after")
    })
    const ended = Effect.match(played, { onFailure: (broken) => broken, onSuccess: () => undefined })
    return yield* Effect.map(ended, (broken): Result => ({ broken, history: observer.log.lines, reached })).pipe(
      Effect.ensuring(abandoned(trial))
    )
  }).pipe((run) => fresh(scenario, run))

/** Plays a scenario on a new stack, and tells which of the laws it broke first. */
export const attempt = <E, R>(
  subject: Subject<E, R>,
  laws: ReadonlyArray<Law>,
  scenario: Scenario
): Effect.Effect<Result, E, R> =>
  Effect.gen(function* () {
    const first = yield* once(subject, laws, scenario)
    const law = laws.find(({ twice }) => twice !== undefined)
    if (first.broken !== undefined || law === undefined) return first
    const second = yield* once(subject, laws, scenario)
    const wrongs = law.twice!(first.history, second.history)
    return wrongs.length > 0 ? { ...first, broken: { law, wrongs } } : first
  })
