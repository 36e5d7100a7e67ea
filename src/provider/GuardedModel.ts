import { Effect, Layer, Stream } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { rejectionOf } from "../Failure.ts"
import type { Rejection } from "../Rejection.ts"
import { Gate } from "../Gate.ts"
import { Stats } from "../Stats.ts"
import { Guard, type Request } from "./guarded/Guard.ts"
import * as Resolving from "./guarded/Resolving.ts"
import type { Untyped } from "./guarded/Untyped.ts"

export { rejectionOf } from "../Failure.ts"
export { CurrentOptions, withOptions } from "./guarded/CurrentOptions.ts"

/** Options as they come: `toolkit` is all that tells the ways apart. */
interface Options {
  readonly prompt: Prompt.RawInput
  readonly toolkit?: object | undefined
}

const make = Effect.gen(function* () {
  const { pass } = yield* Gate
  const { record } = yield* Stats.recorder
  const inner = yield* LanguageModel.LanguageModel
  const model = inner as unknown as Untyped
  const guard = new Guard(pass, record)
  const resolving = yield* Resolving.make(model, guard)

  // Without tools the model's own answer is handed on as it is.
  const plain = (method: Request["method"], options: Options) => {
    const prompt = Prompt.make(options.prompt)
    return { request: { method, prompt, tools: [] }, options: { ...options, prompt } }
  }
  const call = (method: "generateText" | "generateObject") => (given: Options) =>
    Effect.suspend(() => {
      if (given.toolkit !== undefined) return resolving[method](given)
      const { options, request } = plain(method, given)
      return guard.call(request, model[method](options))
    })
  const streamText = (given: Options) =>
    Stream.suspend(() => {
      if (given.toolkit !== undefined) return resolving.streamText(given)
      const { options, request } = plain("streamText", given)
      return guard.stream(request, model.streamText(options))
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
 * Puts the gate in front of any language model of Effect's: each call of the model passes it once, streams to their last part.
 *
 * What is said by `withOptions` goes with the call; the tokens are estimated from the prompt, its tools and the most that
 * `OpenAi.Parameters` allow for the reply, if nothing is said of them. Tools run outside the gate, between one call and the next.
 * `Stats` counts the tokens of each attempt as the model tells them, or estimates them, as for a stream that is left early.
 *
 * A refusal fails as an `AiError`, as it would over HTTP: `RateLimitError` for a full queue or a rate, `InvalidRequestError` for
 * what can never start, else `InternalProviderError`, all with `retryAfter` where it can be told. `rejectionOf` and
 * `unwrapRejection` give the refusal itself.
 */
export const layer: Layer.Layer<LanguageModel.LanguageModel, never, LanguageModel.LanguageModel | Gate> = Layer.effect(
  LanguageModel.LanguageModel,
  make
)

/** Lets a refusal by the gate fail as the `Rejection` it is, so that `Effect.catchReason("Rejection", "QueueFull", ...)` finds it. */
export const unwrapRejection = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Rejection, R> =>
  Effect.mapError(effect, (error) => rejectionOf(error) ?? error)
