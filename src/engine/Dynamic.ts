import { Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { factsOf, type Field, make, required, type RequiredField } from "../config/Field.ts"
import { describe } from "../config/InvalidOptions.ts"
import { reader } from "../config/Options.ts"
import { change } from "./Line.ts"

/** A value, or a `SubscriptionRef` whose later values take effect while calls wait. */
export type Dynamic<I = number> = I | SubscriptionRef.SubscriptionRef<number>

/** A limit that may change. */
export interface Limit {
  /** The value that holds now. */
  readonly current: number
  /** Whether it may have other values later. */
  readonly mayChange: boolean
  /** Lets each later value inside the range hold until the scope closes; others are logged and change nothing. */
  readonly follow: (onChange?: (value: number) => void) => Effect.Effect<void, never, Scope.Scope>
}

const isReference = (dynamic: unknown): dynamic is SubscriptionRef.SubscriptionRef<number> =>
  SubscriptionRef.isSubscriptionRef(dynamic)

const fixed = (current: number): Limit => ({ current, mayChange: false, follow: () => Effect.void })

/** The facts of a number that a reference may hold. */
const dynamic = <I>(number: Field<number, I>) => {
  const read = reader(required(number))
  return {
    ...factsOf(number),
    read: (value: unknown, problems: Parameters<typeof read>[1], name: string): Limit => {
      if (!isReference(value)) return fixed(read(value, problems, name))
      const limit = {
        current: read(SubscriptionRef.getUnsafe(value), problems, name),
        mayChange: true,
        follow: (onChange: (value: number) => void = () => {}) =>
          SubscriptionRef.changes(value).pipe(
            Stream.runForEach((value) => {
              const wrong: typeof problems = []
              read(value, wrong, name)
              if (wrong.length > 0) return Effect.logWarning(`${wrong.map(describe).join()}; the value before it stays`)
              limit.current = value
              return Effect.sync(() => change(() => onChange(value)))
            }),
            Effect.forkScoped({ startImmediately: true }),
            Effect.asVoid
          )
      }
      return limit
    }
  }
}

/** The field of a number that a reference may hold; it must be given. */
export const field = <I>(number: Field<number, I>): RequiredField<Limit, Dynamic<I>> =>
  required(make<Limit, Dynamic<I>>(dynamic(number)))

/** The same field with the default of the number. */
export const optional = <I>(number: Field<number, I>): Field<Limit, Dynamic<I>> =>
  make<Limit, Dynamic<I>>({ ...dynamic(number), default: fixed(factsOf(number).default as number) })
