import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { factsOf, type Field, make } from "../config/Field.ts"
import { describe } from "../config/InvalidOptions.ts"
import { reader } from "../config/Options.ts"

/** A number, or a `SubscriptionRef` whose later values take effect while calls wait. */
export type Dynamic = number | SubscriptionRef.SubscriptionRef<number>

/** A limit that may change. */
export interface Limit {
  readonly current: number
  /** Applies every later value inside the range until the scope closes; others are logged and change nothing. */
  readonly follow: (apply: (value: number) => void) => Effect.Effect<void, never, Scope.Scope>
}

const isReference = (dynamic: unknown): dynamic is SubscriptionRef.SubscriptionRef<number> =>
  SubscriptionRef.isSubscriptionRef(dynamic)

/** The field of a number that a reference may hold. */
export const field = (number: Field<number>): Field<Limit, Dynamic> => {
  const read = reader(number)
  return make({
    ...factsOf(number),
    read: (value, problems, name) => {
      if (!isReference(value)) return { current: read(value, problems, name), follow: () => Effect.void }
      const onChange = (apply: (value: number) => void) => (value: number) => {
        const wrong: typeof problems = []
        read(value, wrong, name)
        return wrong.length === 0
          ? Effect.sync(() => apply(value))
          : Effect.logWarning(`${wrong.map(describe).join()}; the value before it stays`)
      }
      const follow: Limit["follow"] = (apply) =>
        SubscriptionRef.changes(value).pipe(
          Stream.runForEach(onChange(apply)),
          Effect.forkScoped({ startImmediately: true }),
          Effect.asVoid
        )
      return { current: read(SubscriptionRef.getUnsafe(value), problems, name), follow }
    }
  })
}
