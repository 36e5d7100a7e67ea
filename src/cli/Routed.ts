import { Effect, Layer } from "effect"
import * as EndpointsFile from "../config/EndpointsFile.ts"
import type { Settings } from "../config/Settings.ts"
import * as Headgate from "../Headgate.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { Endpoints } from "../upstream/Endpoints.ts"

/** Reads a file of endpoints, and makes the gate in front of them. */
export const open = Effect.fnUntraced(function* (settings: Settings, file: string) {
  const { adaptiveMaxConcurrent, deadline, maxQueueSize, maxRetries } = settings
  const surroundings = EndpointsFile.surroundingsOf(settings)
  const { text, ...first } = yield* EndpointsFile.read(file, surroundings)
  const endpoints = yield* Endpoints.make(first, adaptiveMaxConcurrent)
  const limitsTokens = first.endpoints.some(({ limits }) => Number.isFinite(limits.tokensPerMinute))
  // The settings have been checked: a value that is refused here is a defect.
  const gate = Layer.orDie(Headgate.routed(endpoints.routes, { deadline, maxQueueSize, maxRetries })).pipe(
    // Exact counts take a second to load, and matter where tokens are limited.
    Layer.provideMerge(limitsTokens ? Tokenizer.layer : Layer.empty)
  )
  return { endpoints, gate, watched: { file, text, surroundings, endpoints } }
})

/** Why the agents' model cannot be asked; `undefined` if an endpoint serves it. */
export const notServed = (endpoints: Endpoints["Service"], { model }: Settings): string | undefined =>
  endpoints.serving(model).length > 0
    ? undefined
    : `LLM_MODEL=${model} is a model that no endpoint serves: set it to one of ${endpoints.models().join(", ")}`
