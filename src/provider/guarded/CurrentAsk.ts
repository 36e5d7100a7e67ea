import { Context, Effect } from "effect"
import { Ask, type Options } from "../../domain/Ask.ts"

/** What is said of the model calls that are made inside; see `Ask` for the fields and their defaults. */
export const CurrentAsk: Context.Reference<Options> = Context.Reference<Options>("headgate/CurrentAsk", {
  defaultValue: () => ({})
})

/**
 * Says something of the model calls that are made inside, on top of what is said around them.
 *
 * Throws `InvalidOptions` for a value outside its range.
 */
export const withAsk = (options: Options): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  Ask.make(options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return (effect) => Effect.updateService(effect, CurrentAsk, (around) => ({ ...around, ...given }))
}
