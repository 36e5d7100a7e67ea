import { Context, Effect } from "effect"
import { type CallOptions, ResolvedOptions } from "../../Call.ts"

/** Options of the model calls inside. */
export const CurrentOptions: Context.Reference<CallOptions> = Context.Reference<CallOptions>(
  "headgate/CurrentOptions",
  {
    defaultValue: () => ({})
  }
)

/**
 * Sets options of the model calls inside, over those set further out.
 *
 * Throws `InvalidOptions` for a value outside its range.
 *
 * @example
 * const act = LanguageModel.generateText({ prompt: "What is the next step?" }).pipe(
 *   GuardedModel.withOptions({ caller: "ada", purpose: "act", priority: 0 })
 * )
 */
export const withOptions = (
  options: CallOptions
): (<A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>) => {
  ResolvedOptions.of(options)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return (effect) => Effect.updateService(effect, CurrentOptions, (around) => ({ ...around, ...given }))
}
