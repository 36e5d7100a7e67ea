import { Effect, Layer, Stream } from "effect"
import { type AiError, LanguageModel } from "effect/ai"
import * as ChatModel from "../ai/chat/ChatModel.ts"
import * as Reason from "../ai/chat/Reason.ts"
import type { ModelError } from "../ai/ModelError.ts"
import { SimulatedModel } from "./SimulatedModel.ts"

const reasonOf = (error: ModelError): AiError.AiErrorReason => Reason.of(error)

/**
 * Effect's language model over the simulated one: the requests and replies of `OpenAi`, with nothing between them but the
 * clock, so that a test's clock does for both.
 *
 * `Parameters` holds as with `OpenAi`; the model is `gpt-4o-mini` unless they name another.
 */
export const layer: Layer.Layer<LanguageModel.LanguageModel, never, SimulatedModel> = Layer.effect(
  LanguageModel.LanguageModel,
  Effect.flatMap(SimulatedModel, ({ complete, stream }) =>
    ChatModel.make({
      module: "SimulatedLanguageModel",
      provider: "headgate",
      model: "gpt-4o-mini",
      parameters: {},
      transport: {
        complete: (body) => Effect.mapError(complete(body), reasonOf),
        stream: (body) => Stream.mapError(stream({ ...body, stream_options: { include_usage: true } }), reasonOf)
      }
    })
  )
)
