import { Cause, Duration, Effect, Exit, Option, type SubscriptionRef } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Failure from "../domain/Failure.ts"
import * as Range from "../domain/Range.ts"
import { DeadlineExceeded, NeverAdmissible, RateLimited, refuse, type Rejection } from "../domain/Rejection.ts"
import { Gate } from "../Gate.ts"
import { Alarm } from "../internal/Alarm.ts"
import { Bucket } from "../internal/Bucket.ts"
import * as Live from "../internal/Live.ts"
import { Pacer, type Taken } from "../internal/Pacer.ts"
import { grain, now } from "../internal/Time.ts"
import { Stats } from "../Stats.ts"

export interface Options {
  /** Units that come back per second, 0.001 to 100000, or `Infinity`; a `SubscriptionRef` changes it while calls wait. */
  readonly perSecond: number | SubscriptionRef.SubscriptionRef<number>
  /** Units that may be spent at once after a quiet time, from 1; 1. */
  readonly burst?: number | undefined
  /** Units a call costs, from 0; 1. */
  readonly cost?: ((ask: Ask) => number) | undefined
  /** Tokens (`Ask.tokens`) reserved per minute, from 1; a whole minute's may be spent at once. `Infinity`, no such limit. */
  readonly tokensPerMinute?: number | undefined
  /** Longest wait for the units, 1 ms to a day; 0 refuses instead of waiting; `Infinity`, no such limit. */
  readonly maxWait?: Duration.Input | undefined
  /** For how long a failure asks that nothing starts; the `retryAfter` of a 429 by default, an hour at most. */
  readonly pause?: ((error: unknown) => Duration.Duration | undefined) | undefined
}

const names: Range.Names<Options> = {
  perSecond: true,
  burst: true,
  cost: true,
  tokensPerMinute: true,
  maxWait: true,
  pause: true
}

/** An upstream's slip must not stop the gate for ever. */
const longestPause = 3_600_000

/**
 * Delays calls so that any stretch of time `t` holds at most `burst + perSecond * t` units of starts.
 *
 * Calls start in the order they came. A wait that ends early has spent nothing. A call that costs more than the burst is
 * refused as `NeverAdmissible`, one that would wait longer than `maxWait` as `RateLimited`, one that could not start before
 * its deadline as `DeadlineExceeded`, all at once.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner, beneath) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const perSecond = checker.number("perSecond", Live.current(given.perSecond), Range.perSecond)
      const burst = checker.number("burst", given.burst, Range.burst, 1)
      const tokens = checker.number("tokensPerMinute", given.tokensPerMinute, Range.tokensPerMinute, Infinity)
      const maxWait = checker.duration("maxWait", given.maxWait, { ...Range.millis, minimum: 0 }, Infinity)
      const cost = checker.function("cost", given.cost, () => 1)
      const pause = checker.function("pause", given.pause, Failure.pauseOf)
      yield* checker.done
      const clock = yield* now
      const starts = new Bucket(perSecond, burst)
      const buckets = tokens === Infinity ? [starts] : [starts, new Bucket(tokens / 60, tokens)]
      const pacer = new Pacer(buckets, clock, yield* Alarm.make)
      const { watch } = yield* Stats.recorder
      watch(() => ({ perSecond: starts.perSecond }))
      yield* Live.follow("perSecond", options.perSecond, Range.perSecond, (rate) => pacer.retime(0, rate))

      const costOf = (ask: Ask) => (buckets.length === 1 ? [cost(ask)] : [cost(ask), ask.tokens])
      const refusal = (units: ReadonlyArray<number>) => {
        const limit = pacer.tooSmallFor(units)
        if (limit !== undefined) {
          const [asked, capacity] = [units[limit]!, buckets[limit]!.burst]
          return refuse(new NeverAdmissible({ limit: limit === 0 ? "rate" : "tokens", asked, capacity }))
        }
        const wait = maxWait === Infinity ? 0 : pacer.wait(units)
        if (wait <= maxWait + grain) return undefined
        return refuse(new RateLimited({ retryAfter: Duration.millis(wait - maxWait) }))
      }
      /** Refuses a call that could not start before its deadline: here that is no guess. */
      const tooLate = ({ until }: Ask, units: ReadonlyArray<number>) => {
        if (until === Infinity) return undefined
        const late = clock() + pacer.wait(units) - until
        if (late < grain) return undefined
        const retryAfter = Duration.millis(late)
        return refuse(new DeadlineExceeded({ limit: "call", started: false, elapsed: Duration.zero, retryAfter }))
      }
      const heed = (exit: Exit.Exit<unknown, unknown>) => {
        if (Exit.isSuccess(exit)) return
        const asked = Option.map(Cause.findErrorOption(exit.cause), pause)
        const millis = Duration.toMillis(Option.getOrUndefined(asked) ?? Duration.zero)
        if (millis > 0) pacer.pause(Math.min(millis, longestPause))
      }

      const pass = <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const units = costOf(ask)
          let taken: Taken | undefined
          let started = false
          const start = Effect.suspend(() => {
            started = true
            return call
          })
          return Effect.onExitPrimitive(
            Effect.suspend((): Effect.Effect<A, E | Rejection, R> => {
              const refused = refusal(units)
              if (refused !== undefined) return refused
              taken = pacer.tryTake(units)
              if (taken !== undefined) return inner(ask, start)
              const late = tooLate(ask, units)
              if (late !== undefined) return late
              return Effect.andThen(
                pacer.take(units, (units) => {
                  taken = units
                }),
                inner(ask, start)
              )
            }),
            (exit) => {
              if (started) heed(exit)
              else if (taken !== undefined) pacer.putBack(units, taken)
              return undefined
            }
          )
        })
      return { pass, pausedUntil: () => Math.max(pacer.pausedUntil, beneath.pausedUntil?.() ?? -Infinity) }
    })
  )
