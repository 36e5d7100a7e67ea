import { Effect, Layer, Stream } from "effect"
import { type AiError, LanguageModel, type Response } from "effect/ai"
import * as Headgate from "../../src/Headgate.ts"
import * as GuardedModel from "../../src/ai/GuardedModel.ts"
import * as SimulatedLanguageModel from "../../src/simulator/SimulatedLanguageModel.ts"
import { SimulatedModel } from "../../src/simulator/SimulatedModel.ts"
import type * as Simulated from "../../src/simulator/model/Options.ts"
import { Stats } from "../../src/Stats.ts"

/** A stack that refuses nothing by its pace, and tries once. */
export const limits: Headgate.Options = { requestsPerSecond: Infinity, maxRetries: 0 }

/** A model behind the default stack. */
export const behind = <E, R>(model: Layer.Layer<LanguageModel.LanguageModel, E, R>, options: Headgate.Options = {}) =>
  GuardedModel.layer.pipe(
    Layer.provide(model),
    Layer.provideMerge(Layer.orDie(Headgate.make({ ...limits, ...options })))
  )

/** The simulated model, bare. */
export const bare = (options: Simulated.Options = {}) =>
  SimulatedLanguageModel.layer.pipe(
    Layer.provideMerge(Layer.orDie(SimulatedModel.layer({ fixedLatency: "1 second", ...options })))
  )

export const figures = Effect.flatMap(Stats, ({ snapshot }) => snapshot)

/** A model made of what its provider gives. */
export const provided = (hooks: {
  readonly generateText?: (
    options: LanguageModel.ProviderOptions
  ) => Effect.Effect<Array<Response.PartEncoded>, AiError.AiError>
  readonly streamText?: (
    options: LanguageModel.ProviderOptions
  ) => Stream.Stream<Response.StreamPartEncoded, AiError.AiError>
}): Layer.Layer<LanguageModel.LanguageModel> =>
  Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: () => Effect.die("not asked for"),
      streamText: () => Stream.die("not asked for"),
      ...hooks
    })
  )

const unknown = { total: undefined }

/** The end of a reply. */
export const finish = (reason: Response.FinishReason, input?: number, output?: number): Response.FinishPartEncoded => ({
  type: "finish",
  reason,
  usage: {
    inputTokens: { ...unknown, ...(input !== undefined && { total: input }) },
    outputTokens: { ...unknown, ...(output !== undefined && { total: output }) }
  },
  response: undefined
})
