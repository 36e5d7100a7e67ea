import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { describe } from "../domain/InvalidOptions.ts"
import { Checker, type Range } from "../domain/Range.ts"

/** A number, or a reference whose later values take effect while calls wait. */
export type Live = number | SubscriptionRef.SubscriptionRef<number>

const isReference = (live: Live): live is SubscriptionRef.SubscriptionRef<number> =>
  SubscriptionRef.isSubscriptionRef(live)

/** The value at this moment. */
export const current = (live: Live): number => (isReference(live) ? SubscriptionRef.getUnsafe(live) : live)

/** Applies every later value inside the range until the scope closes; others are logged and change nothing. */
export const follow = (
  name: string,
  live: Live,
  range: Range,
  apply: (value: number) => void
): Effect.Effect<void, never, Scope.Scope> =>
  !isReference(live)
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
