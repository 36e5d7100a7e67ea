import { Effect, Layer, Stream } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { rejectionOf } from "../Failure.ts"
import type { Rejection } from "../Rejection.ts"
import { Gate } from "../Gate.ts"
import { Stats } from "../Stats.ts"
import { Tokenizer } from "../tokenizer/Tokenizer.ts"
import { GatedCalls, type Request } from "./guarded/GatedCalls.ts"
import * as ToolResolution from "./guarded/ToolResolution.ts"
import type { ErasedLanguageModel } from "./guarded/ErasedLanguageModel.ts"

export { rejectionOf } from "../Failure.ts"
export { CurrentOptions, withOptions } from "./guarded/CurrentOptions.ts"

/** Options as Effect passes them; only `toolkit` decides how a call is made. */
interface Options {
  readonly prompt: Prompt.RawInput
  readonly toolkit?: object | undefined
}

const make = Effect.gen(function* () {
  const { pass } = yield* Gate
  const { record } = yield* Stats.recorder
  const inner = yield* LanguageModel.LanguageModel
  const model = inner as unknown as ErasedLanguageModel
  const calls = new GatedCalls(pass, record, yield* Tokenizer.current)
  const withTools = yield* ToolResolution.make(model, calls)

  // Without tools the model's own answer is handed on untouched.
  const plain = (method: Request["method"], options: Options) => {
    const prompt = Prompt.make(options.prompt)
    return { request: { method, prompt, tools: [] }, options: { ...options, prompt } }
  }
  const call = (method: "generateText" | "generateObject") => (given: Options) =>
    Effect.suspend(() => {
      if (given.toolkit !== undefined) return withTools[method](given)
      const { options, request } = plain(method, given)
      return calls.call(request, model[method](options))
    })
  const streamText = (given: Options) =>
    Stream.suspend(() => {
      if (given.toolkit !== undefined) return withTools.streamText(given)
      const { options, request } = plain("streamText", given)
      return calls.stream(request, model.streamText(options))
    })
  const guarded: unknown = {
    ...inner,
    generateText: call("generateText"),
    generateObject: call("generateObject"),
    streamText
  }
  return guarded as LanguageModel.LanguageModel
})

/**
 * Puts the gate in front of any `LanguageModel` of Effect: each model call passes it once, a stream to its last chunk.
 *
 * `withOptions` sets the options of the calls. Without `tokens` they are estimated from the prompt, its tools and the
 * longest reply that `OpenAi.Parameters` allow. Tools run outside the gate, between one model call and the next.
 * `Stats` counts the tokens of each attempt as the model reports them, or estimates them, as for a stream that is left
 * early.
 *
 * A refusal fails as an `AiError`, as it would over HTTP: `RateLimitError` for a full queue or a rate limit,
 * `InvalidRequestError` for a call that can never start, else `InternalProviderError`, with `retryAfter` where it is
 * known. `rejectionOf` and `unwrapRejection` return the refusal itself.
 *
 * @example
 * const model = SimulatedLanguageModel.layer.pipe(Layer.provide(SimulatedModel.layer({ fixedLatency: "1 millis" })))
 * const guarded = GuardedModel.layer.pipe(Layer.provide(model), Layer.provide(Headgate.make()))
 *
 * const reply = LanguageModel.generateText({ prompt: "Say hello." })
 * await Effect.runPromise(Effect.provide(reply, guarded))
 */
export const layer: Layer.Layer<LanguageModel.LanguageModel, never, LanguageModel.LanguageModel | Gate> = Layer.effect(
  LanguageModel.LanguageModel,
  make
)

/**
 * Fails with the gate's `Rejection` instead of the `AiError` around it, so that `Effect.catchReason` matches its
 * reason.
 *
 * @example
 * const reply = LanguageModel.generateText({ prompt: "Say hello." }).pipe(
 *   GuardedModel.unwrapRejection,
 *   Effect.catchReason("Rejection", "QueueFull", ({ capacity }) => Effect.succeed(`${capacity} calls wait already`))
 * )
 */
export const unwrapRejection = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R> =>
  Effect.mapError(effect, (error) => rejectionOf(error) ?? error)
