import { Context, Effect, type Schema } from "effect"

/** What a request says besides its prompt and tools; what is left out is left to the model. */
export interface Parameters {
  /** The model that answers, in place of the layer's. */
  readonly model?: string | undefined
  /** From 0, always the likeliest token, to 2. */
  readonly temperature?: number | undefined
  /** The share of likelihood that tokens are drawn from, 0 to 1. */
  readonly topP?: number | undefined
  /** Most tokens of the reply, reasoning included, from 1. */
  readonly maxCompletionTokens?: number | undefined
  /** Up to four texts that end the reply. */
  readonly stop?: string | ReadonlyArray<string> | undefined
  /** Asks for the same reply to the same request, as far as the model can. */
  readonly seed?: number | undefined
  /** From -2 to 2; above 0, tokens that have been used become less likely the more they were used. */
  readonly frequencyPenalty?: number | undefined
  /** From -2 to 2; above 0, tokens that have been used become less likely. */
  readonly presencePenalty?: number | undefined
  /** How much to think before the reply, such as `low`, `medium` or `high`. */
  readonly reasoningEffort?: string | undefined
  /** Whether the model may call several tools at once. */
  readonly parallelToolCalls?: boolean | undefined
  /** Further fields by their names on the wire, for servers that know others; they win over all the rest. */
  readonly more?: { readonly [field: string]: Schema.Json } | undefined
}

/** What is said for the requests that are made inside, on top of what the layer says. */
export const Parameters: Context.Reference<Parameters> = Context.Reference<Parameters>("headgate/Parameters", {
  defaultValue: () => ({})
})

/** Says something for the requests inside, on top of what is said around: `maxCompletionTokens` caps each of their replies. */
export const withParameters =
  (parameters: Parameters) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.updateService(effect, Parameters, (around) => join(around, parameters))

/** Both, the second where they differ; an option left undefined is one not given. */
export const join = (one: Parameters, other: Parameters): Parameters => {
  const given = Object.entries(other).filter(([, value]) => value !== undefined)
  return { ...one, ...Object.fromEntries(given), more: { ...one.more, ...other.more } }
}

/** The parameters as fields of a request, without the model. */
export const fieldsOf = (parameters: Parameters): Readonly<Record<string, unknown>> => {
  const { frequencyPenalty, maxCompletionTokens, more, parallelToolCalls, presencePenalty, reasoningEffort } =
    parameters
  const fields = {
    temperature: parameters.temperature,
    top_p: parameters.topP,
    max_completion_tokens: maxCompletionTokens,
    stop: parameters.stop,
    seed: parameters.seed,
    frequency_penalty: frequencyPenalty,
    presence_penalty: presencePenalty,
    reasoning_effort: reasoningEffort,
    parallel_tool_calls: parallelToolCalls,
    ...more
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
