import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { describe } from "../config/InvalidOptions.ts"
import { Checker, type Range } from "../config/Range.ts"

/** A number, or a `SubscriptionRef` whose later values take effect while calls wait. */
export type Dynamic = number | SubscriptionRef.SubscriptionRef<number>

const isReference = (dynamic: Dynamic): dynamic is SubscriptionRef.SubscriptionRef<number> =>
  SubscriptionRef.isSubscriptionRef(dynamic)

/** The present value. */
export const current = (dynamic: Dynamic): number =>
  isReference(dynamic) ? SubscriptionRef.getUnsafe(dynamic) : dynamic

/** Applies each later value until the scope closes. A value outside the range is logged and changes nothing. */
export const follow = (
  name: string,
  dynamic: Dynamic,
  range: Range,
  apply: (value: number) => void
): Effect.Effect<void, never, Scope.Scope> =>
  !isReference(dynamic)
    ? Effect.void
    : SubscriptionRef.changes(dynamic).pipe(
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
