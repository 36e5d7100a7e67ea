import { Context, Effect } from "effect"
import { type CallOptions, ResolvedOptions } from "../../Call.ts"

/** The options of the model calls that are made inside. */
export const CurrentOptions: Context.Reference<CallOptions> = Context.Reference<CallOptions>(
  "headgate/CurrentOptions",
  {
    defaultValue: () => ({})
  }
)

/**
 * Sets options of the model calls that are made inside, on top of those set around them.
 *
 * Throws `InvalidOptions` for a value outside its range.
 */
export const withOptions = (
  options: CallOptions
): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  ResolvedOptions.of(options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return (effect) => Effect.updateService(effect, CurrentOptions, (around) => ({ ...around, ...given }))
}
