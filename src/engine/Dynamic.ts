import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { type Facts, factsOf, type Field, make, required, type RequiredField } from "../config/Field.ts"
import { describe, type Problem } from "../config/InvalidOptions.ts"
import { reader } from "../config/Options.ts"
import { change } from "./Line.ts"

/** A value, or a `SubscriptionRef` whose later values take effect while calls wait. */
export type Dynamic<I = number> = I | SubscriptionRef.SubscriptionRef<I> | SubscriptionRef.SubscriptionRef<number>

/** A limit that may change. */
export interface Limit {
  /** The value that holds now. */
  readonly current: number
  /** Whether it bounds anything, now or once a later value holds. */
  readonly binds: boolean
  /** Lets each later value inside the range hold until the scope closes; others are logged and change nothing. */
  readonly follow: (onChange?: (value: number) => void) => Effect.Effect<void, never, Scope.Scope>
}

const fixed = (current: number): Limit => ({ current, binds: current < Infinity, follow: () => Effect.void })

/** Reads a number, or the reference that holds it. */
const readerOf =
  <I>(number: Field<number, I>) =>
  (value: unknown, problems: Array<Problem>, name: string): Limit => {
    const read = reader(required(number))
    if (!SubscriptionRef.isSubscriptionRef(value)) return fixed(read(value, problems, name))
    const reference: SubscriptionRef.SubscriptionRef<unknown> = value
    const limit = {
      current: read(SubscriptionRef.getUnsafe(reference), problems, name),
      binds: true,
      follow: (onChange: (value: number) => void = () => {}) =>
        SubscriptionRef.changes(reference).pipe(
          Stream.runForEach((value) => {
            const wrong: Array<Problem> = []
            const next = read(value, wrong, name)
            if (wrong.length > 0) return Effect.logWarning(`${wrong.map(describe).join()}; the value before it stays`)
            limit.current = next
            return Effect.sync(() => change(() => onChange(next)))
          }),
          Effect.forkScoped({ startImmediately: true }),
          Effect.asVoid
        )
    }
    return limit
  }

/** The field of a number that a reference may hold; it must be given. */
export const field = <I>(number: Field<number, I>): RequiredField<Limit, Dynamic<I>> => required(optional(number))

/** The field of a number that a reference may hold, with the default of the number. */
export const optional = <I>(number: Field<number, I>): Field<Limit, Dynamic<I>> => {
  const { default: usual, ...facts } = factsOf(number)
  return make<Limit, Dynamic<I>>({ ...facts, default: fixed(usual as number), read: readerOf(number) } satisfies Facts)
}
