import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { describe } from "../domain/InvalidOptions.ts"
import { Checker, type Range } from "../domain/Range.ts"

/** A number, or a reference whose later values take effect while calls wait. */
export type Live = number | SubscriptionRef.SubscriptionRef<number>

/** The value at this moment. */
export const current = (live: Live): number => (typeof live === "number" ? live : SubscriptionRef.getUnsafe(live))

/** Applies every later value inside the range until the scope closes; others are logged and change nothing. */
export const follow = (
  name: string,
  live: Live,
  range: Range,
  apply: (value: number) => void
): Effect.Effect<void, never, Scope.Scope> =>
  typeof live === "number"
    ? Effect.void
    : SubscriptionRef.changes(live).pipe(
        Stream.runForEach((value) => {
          const checker = new Checker()
          checker.number(name, value, range)
          return checker.problems.length === 0
            ? Effect.sync(() => apply(value))
            : Effect.logWarning(`${checker.problems.map(describe).join()}; the value before it stays`)
        }),
        Effect.forkScoped({ startImmediately: true }),
        Effect.asVoid
      )
