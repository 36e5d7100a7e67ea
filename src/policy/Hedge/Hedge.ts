import { type Cause, Context, Effect, Exit, type Fiber, Layer, type Scope } from "effect"
import { outer, type Pass, passing, ResolvedOptions } from "../../Call.ts"
import * as Field from "../../config/Field.ts"
import { decode, type OptionsOf } from "../../config/Options.ts"
import { TimerQueue } from "../../engine/TimerQueue.ts"
import { Gate } from "../../Gate.ts"
import type { Rejection } from "../../Rejection.ts"
import { StreamProgress } from "../../StreamProgress.ts"
import { Durations } from "./Durations.ts"
import { HedgeBudget } from "./HedgeBudget.ts"
import { Race, type Rules } from "./Race.ts"

const fields = {
  /** How long an attempt runs, to the first chunk if it streams, before a second one is made; 1 ms to a day. Default: the `percentile` of the last attempts, 1 ms at least. */
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
export const layer = (options: Options = {}) =>
  Gate.wrap(
    Effect.fnUntraced(function* (pass, beneath) {
      const { budgetRatio, delay, isHedgeable, percentile } = yield* decode(fields, options)
      const budget = new HedgeBudget(budgetRatio)
      const rules: Rules = {
        delay,
        beneath,
        budget,
        durations: new Durations(percentile),
        timers: yield* TimerQueue.make
      }
      const race: Pass = (options, call) =>
        Effect.withFiber((caller) => raced(pass, rules, ResolvedOptions.of(options), call, caller))
      const streamed = yield* inEngine(race)
      return (given, call) => {
        const options = ResolvedOptions.of(given)
        budget.earn()
        if (!isHedgeable(options)) return pass(options, call)
        return Effect.withFiber((caller) =>
          // Both attempts at a stream need the call that has its progress.
          options[outer] === undefined && Context.get(caller.context, StreamProgress.current)?.claimed === false
            ? streamed(options, call)
            : raced(pass, rules, options, call, caller)
        )
      }
    })
  )

/** Puts an engine around a race. */
const inEngine = (pass: Pass): Effect.Effect<Pass, never, Scope.Scope> =>
  Gate.policy(() => Effect.succeed(() => passing)).pipe(
    Layer.provide(Layer.succeed(Gate, { pass })),
    Layer.build,
    Effect.map((context) => Context.get(context, Gate).pass)
  )

const raced = <A, E, R>(
  pass: Pass,
  rules: Rules,
  options: ResolvedOptions,
  call: Effect.Effect<A, E, R>,
  caller: Fiber.Fiber<unknown, unknown>
): Effect.Effect<A, E | Rejection, R> => {
  const race = new Race(rules, options, options[outer]?.progress, caller, () => pass(options, call))
  // Both attempts are of one call, with ends of one type.
  const settle = (cause: Cause.Cause<unknown>) => race.settle(cause) as Effect.Effect<A, E | Rejection>
  // The second attempt ends before the call does.
  return Effect.onExitPrimitive(Effect.catchCause(pass(options, race.watch(call)), settle), (end) =>
    race.end(Exit.isSuccess(end))
  )
}
