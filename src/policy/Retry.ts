import { Duration, Effect, Random, Schedule } from "effect"
import type { Ask } from "../domain/Ask.ts"
import * as Failure from "../domain/Failure.ts"
import * as Range from "../domain/Range.ts"
import { Draining } from "../Drain.ts"
import { Gate } from "../Gate.ts"
import { RetryBudget } from "../internal/RetryBudget.ts"
import { now } from "../internal/Time.ts"
import { Progress } from "../Progress.ts"

export interface Options {
  /** Retries of one call, a whole number from 0 to 20. */
  readonly times: number
  /** Longest delay before the first retry, doubled for each further one; 1 ms to a day, 500 ms. */
  readonly base?: Duration.Input | undefined
  /** Longest delay before any retry; 1 ms to a day, 8 s. */
  readonly cap?: Duration.Input | undefined
  /** Retries per call of the last ten seconds, 0 to 1; 0.1. */
  readonly budgetShare?: number | undefined
  /** Retries a second that are allowed whatever the number of calls; 1. */
  readonly budgetPerSecond?: number | undefined
  /** Whether a failure may pass; timeouts, broken connections, 408, 429, 5xx and errors without a status by default, mistakes of the program left out. */
  readonly isTransient?: ((error: unknown) => boolean) | undefined
  /** How long the failure itself asks to wait; its `retryAfter` or `retry-after` headers by default. */
  readonly retryAfter?: ((error: unknown) => Duration.Duration | undefined) | undefined
}

const names: Range.Names<Options> = {
  times: true,
  base: true,
  cap: true,
  budgetShare: true,
  budgetPerSecond: true,
  isTransient: true,
  retryAfter: true
}

/**
 * Makes a call again that failed in a way that may pass, after a delay with full jitter.
 *
 * A delay holds no place and no permit, is never shorter than the failure asks for, and is not begun if the deadline would
 * pass in it. A refusal is never retried: a call whose retry is refused ends with the model's last failure. Nor is an answer
 * of which a first part has come.
 */
export const layer = (options: Options) =>
  Gate.policy(
    Effect.fnUntraced(function* (inner) {
      const checker = new Range.Checker()
      const given = checker.options(options, names)
      const times = checker.number("times", given.times, Range.retries)
      const base = checker.duration("base", given.base, Range.millis, 500)
      const cap = checker.duration("cap", given.cap, Range.millis, 8000)
      const share = checker.number("budgetShare", given.budgetShare, Range.share, 0.1)
      const perSecond = checker.number("budgetPerSecond", given.budgetPerSecond, Range.nonNegative, 1)
      const isTransient = checker.function("isTransient", given.isTransient, Failure.isTransient)
      const retryAfter = checker.function("retryAfter", given.retryAfter, Failure.retryAfterOf)
      yield* checker.done
      if (times === 0) return inner
      const clock = yield* now
      const draining = yield* Draining
      const budget = new RetryBudget(share, perSecond, clock())

      const schedule = (ask: Ask, over: () => boolean) =>
        Schedule.exponential(base).pipe(
          Schedule.upTo({ times }),
          Schedule.setInputType<unknown>(),
          Schedule.modifyDelay(({ duration, input }) =>
            Effect.map(Random.next, (share) =>
              Duration.max(
                Duration.millis(share * Math.min(cap, Duration.toMillis(duration))),
                retryAfter(input) ?? Duration.zero
              )
            )
          ),
          Schedule.while(({ duration, input }) => {
            const at = clock()
            if (over() || draining.begun()) return false
            return isTransient(input) && at + Duration.toMillis(duration) < ask.until && budget.spend(at)
          })
        )

      return <A, E, R>(ask: Ask, call: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          budget.earn(clock)
          let started = false
          const marked = Effect.suspend(() => {
            started = true
            return call
          })
          // What retrying needs is made on the first failure only: a call that succeeds pays next to nothing.
          return Effect.catch(inner(ask, marked), (first) => {
            const progress = Progress.here()
            if (!started || progress?.begun === true) return Effect.fail(first)
            let last = first
            let over = false
            let replayed = false
            const attempt = Effect.suspend(() => {
              if (!replayed) {
                replayed = true
                return Effect.fail(first)
              }
              started = false
              return Effect.catch(inner(ask, marked), (error) => {
                over = !started || progress?.begun === true
                if (started) last = error
                return Effect.fail(last)
              })
            })
            return Effect.retry(attempt, { schedule: schedule(ask, () => over) })
          })
        })
    })
  )
