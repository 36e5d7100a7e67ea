import { Effect, Layer } from "effect"
import { outer, type Pass, ResolvedOptions, Stage } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import { TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import { Durations } from "./Durations.ts"
import { HedgeBudget } from "./HedgeBudget.ts"
import { Race, type Rules } from "./Race.ts"

const fields = {
  /** How long an attempt runs, to the first chunk if it streams, before a second one is made; 1 ms to a day. Default: the `percentile` of the last attempts. */
  delay: Field.optional(Field.duration()),
  /** Share of the last 256 answered attempts that take less than the delay, 0.5 to 0.999; once there are 20. Default: 0.95. */
  percentile: Field.number(0.5, 0.999, { default: 0.95 }),
  /** Hedges per call, 0 to 1. Default: 0.05. */
  budgetRatio: Field.number(0, 1, { default: 0.05 }),
  /** Whether a call may be made twice. Default: always. */
  isHedgeable: Field.func<(options: ResolvedOptions) => boolean>({ default: () => true })
}

export interface Options extends OptionsOf<typeof fields> {}

/**
 * Makes a second attempt of a call whose first one takes long; the first answer wins, and the other attempt is
 * interrupted.
 *
 * At most a share of calls is hedged (`budgetRatio`), none while the circuit beneath is not closed or calls wait, and no
 * stream once its first chunk has come. If both attempts fail, the call ends as the first did. Both hold a permit and take
 * a token of the limits beneath.
 *
 * Hedged requests: Dean and Barroso, "The Tail at Scale" (2013).
 *
 * @example
 * let attempts = 0
 * const unsteady = Effect.suspend(() => (++attempts === 1 ? Effect.never : askModel))
 * const gate = Hedge.layer({ delay: "5 millis", budgetRatio: 1 }).pipe(Layer.provide(Gate.layerNoop))
 *
 * await Effect.runPromise(Effect.provide(Gate.pass({}, unsteady), gate)) // => "an answer"
 */
export const layer = (options: Options = {}) => {
  const racing = Gate.wrap(
    Effect.fnUntraced(function* (pass, beneath) {
      const { budgetRatio, delay, isHedgeable, percentile } = yield* decode(fields, options)
      const budget = new HedgeBudget(budgetRatio)
      const durations = new Durations(percentile)
      return hedged(pass, { delay, beneath, budget, durations, timers: yield* TimerQueue.make }, isHedgeable)
    })
  )
  // The engine above the race knows the call: its deadline and how far its stream has come.
  return Gate.policy(() => Effect.succeed(() => same)).pipe(Layer.provide(racing))
}

const same = new (class Same extends Stage {})()

const hedged =
  (pass: Pass, rules: Rules, isHedgeable: (options: ResolvedOptions) => boolean): Pass =>
  (given, call) => {
    const options = ResolvedOptions.of(given)
    rules.budget.earn()
    if (!isHedgeable(options)) return pass(options, call)
    return Effect.withFiber((caller) => {
      const race = new Race(rules, options[outer]?.progress, caller, () => pass(options, call))
      const first = Effect.exit(pass(options, race.watch(call)))
      // The second attempt ends before the call does.
      return Effect.onExitPrimitive(
        Effect.flatMap(first, (end) => race.settle(end)),
        () => race.end()
      ) as Effect.Effect<never>
    })
  }
