import { Effect, Predicate, type Scope, Stream, SubscriptionRef } from "effect"
import { type Facts, factsOf, type Field, make, required, type RequiredField } from "../config/Field.ts"
import { describe, type Problem } from "../config/InvalidOptions.ts"
import { reader } from "../config/Options.ts"
import { change } from "./Line.ts"

/** A value, or a `SubscriptionRef` whose later values take effect while calls wait. */
export type Dynamic<I = number> = I | SubscriptionRef.SubscriptionRef<I> | SubscriptionRef.SubscriptionRef<number>

/** A limit that may change. */
export class Limit {
  /** The value that holds now. */
  current: number
  /** Whether it bounds anything, now or once a later value holds. */
  readonly binds: boolean
  /** Later values; those outside of the range are logged and left out. */
  readonly #later: Stream.Stream<number> | undefined

  constructor(current: number, later?: Stream.Stream<number>) {
    this.current = current
    this.binds = later !== undefined || current < Infinity
    this.#later = later
  }

  /** Lets each later value hold, until the scope closes. */
  follow(onChange: () => void): Effect.Effect<void, never, Scope.Scope> {
    if (this.#later === undefined) return Effect.void
    const hold = (value: number) =>
      Effect.sync(() => {
        this.current = value
        change(onChange)
      })
    return Effect.asVoid(Effect.forkScoped(Stream.runForEach(this.#later, hold), { startImmediately: true }))
  }
}

/** Lets each later value of the limits among settings hold, until the scope closes. */
export const follow = (settings: object, onChange = () => {}): Effect.Effect<void, never, Scope.Scope> => {
  const limits = Object.values(settings).filter((value) => value instanceof Limit)
  return Effect.forEach(limits, (limit) => limit.follow(onChange), { discard: true })
}

/** Reads a number, or the reference that holds it. */
const readerOf =
  <I>(number: Field<number, I>) =>
  (value: unknown, problems: Array<Problem>, name: string): Limit => {
    const read = reader(required(number))
    if (!SubscriptionRef.isSubscriptionRef(value)) return new Limit(read(value, problems, name))
    const reference: SubscriptionRef.SubscriptionRef<unknown> = value
    const later = Stream.mapEffect(SubscriptionRef.changes(reference), (value) => {
      const wrong: Array<Problem> = []
      const next = read(value, wrong, name)
      if (wrong.length === 0) return Effect.succeed(next)
      return Effect.as(Effect.logWarning(`${wrong.map(describe).join()}; the value before it stays`), undefined)
    })
    return new Limit(
      read(SubscriptionRef.getUnsafe(reference), problems, name),
      Stream.filter(later, Predicate.isNumber)
    )
  }

/** The field of a number that a reference may hold; it must be given. */
export const field = <I>(number: Field<number, I>): RequiredField<Limit, Dynamic<I>> => required(optional(number))

/** The field of a number that a reference may hold, with the default of the number. */
export const optional = <I>(number: Field<number, I>): Field<Limit, Dynamic<I>> => {
  const { default: usual, ...facts } = factsOf(number)
  return make<Limit, Dynamic<I>>({
    ...facts,
    default: new Limit(usual as number),
    read: readerOf(number)
  } satisfies Facts)
}
