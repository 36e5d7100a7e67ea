import { Context, Effect, Layer, type Stream } from "effect"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import type { ModelError } from "../ai/ModelError.ts"
import * as Engine from "./model/Engine.ts"
import * as Messages from "./model/Messages.ts"
import type { MessageEvent, MessagesReply } from "./model/MessagesReply.ts"
import * as Options from "./model/Options.ts"
import * as Embeddings from "./model/Embeddings.ts"
import type { TextPart, TextReply } from "./model/Completion.ts"
import * as Completion from "./model/Completion.ts"
import type { ResponseEvent, ResponseReply } from "./model/Responses.ts"
import * as Responses from "./model/Responses.ts"
import type { ChatChunk, ChatReply } from "./model/Chat.ts"
import * as Chat from "./model/Chat.ts"
import * as Accepted from "./model/Accepted.ts"
import type { Gauges } from "./model/Machine.ts"
import * as Failures from "./model/Failures.ts"
import * as Models from "./model/Models.ts"

/** An OpenAI-compatible model inside the process, on Effect's clock: in real time, or in a test's. */
export class SimulatedModel extends Context.Service<
  SimulatedModel,
  {
    /**
     * Answers a chat request as `POST /v1/chat/completions` answers its body.
     *
     * Any model name will do; one that is not on offer answers like the first.
     */
    readonly complete: (body: unknown) => Effect.Effect<ChatReply, ModelError>
    /**
     * Answers a chat request in parts, as `POST /v1/chat/completions` streams them; the `[DONE]` after them is left out.
     *
     * A reader that stops frees the slot at once. A failure before the first part is an answer of its own status.
     */
    readonly stream: (body: unknown) => Stream.Stream<ChatChunk, ModelError>
    /** Continues one prompt or many, as `POST /v1/completions` answers its body. */
    readonly completeText: (body: unknown) => Effect.Effect<TextReply, ModelError>
    /** The same in parts; the `[DONE]` after them is left out. */
    readonly streamText: (body: unknown) => Stream.Stream<TextPart, ModelError>
    /** Answers as `POST /v1/responses` does; no response is kept for a later one to follow. */
    readonly respond: (body: unknown) => Effect.Effect<ResponseReply, ModelError>
    /** The same as the events of its stream, which no `[DONE]` follows. */
    readonly streamResponse: (body: unknown) => Stream.Stream<ResponseEvent, ModelError>
    /** Answers as `POST /v1/messages` of Anthropic does. */
    readonly message: (body: unknown) => Effect.Effect<MessagesReply, ModelError>
    /** The same as the events of its stream. */
    readonly streamMessage: (body: unknown) => Stream.Stream<MessageEvent, ModelError>
    /** Counts the tokens of a prompt as `POST /v1/messages/count_tokens` does, without the engine. */
    readonly countTokens: (body: unknown) => Effect.Effect<{ readonly input_tokens: number }, ModelError>
    /** Turns texts into vectors of length one, as `POST /v1/embeddings` answers its body; like texts are near each other. */
    readonly embeddings: (body: unknown) => Effect.Effect<Embeddings.Embeddings, ModelError>
    /** The models on offer, as `GET /v1/models` lists them. */
    readonly models: Models.ModelList
    /** One model on offer, as `GET /v1/models/{id}` tells of it. */
    readonly model: (id: string) => Effect.Effect<Models.Model, ModelError>
    /** What the model counts of itself at this moment. */
    readonly gauges: Effect.Effect<Gauges>
  }
>()("headgate/SimulatedModel") {
  /** Starts a model. */
  static readonly layer = (options: Options.Options = {}): Layer.Layer<SimulatedModel, InvalidOptions> =>
    Layer.effect(this, Effect.flatMap(Options.check(options), make))
}

const model = (id: string) => {
  const found = Models.list.data.find((one) => one.id === id)
  return found === undefined ? Effect.fail(Failures.modelNotFound(id)) : Effect.succeed(found)
}

const make = Effect.fnUntraced(function* (settings: Options.Settings) {
  const engine = yield* Engine.make(settings)
  const accept = yield* Accepted.make(settings, engine)
  return {
    ...Chat.make(settings, accept),
    ...Completion.make(settings, accept),
    ...Responses.make(settings, accept),
    ...Messages.make(settings, accept),
    ...Embeddings.make(accept),
    model,
    models: Models.list,
    gauges: engine.gauges
  }
})
