import { type Config, Effect, Layer, Option, Schema, type Scope } from "effect"
import { type AiError, LanguageModel } from "effect/ai"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Settings from "../config/Settings.ts"
import { Stats } from "../Stats.ts"
import * as ChatModel from "./chat/ChatModel.ts"
import type { Parameters } from "./chat/Parameters.ts"
import * as Client from "./openai/Client.ts"
import * as EventStream from "./openai/EventStream.ts"
import * as SdkRequest from "./openai/SdkRequest.ts"
import * as SdkFailure from "./openai/SdkFailure.ts"

export { Parameters, withParameters } from "./chat/Parameters.ts"

export interface Options extends Client.Options {
  /** The model that answers; `gpt-4o-mini`. */
  readonly model?: string | undefined
  /** What is said in each request that does not say otherwise. */
  readonly parameters?: Parameters | undefined
}

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** The answer, which the SDK leaves a text if its type does not say that it is JSON; or the failure that it tells of. */
const unlessFailed = (given: unknown, place: SdkFailure.Place): Effect.Effect<unknown, AiError.AiErrorReason> => {
  const answer = Option.getOrElse(parseJson(given), () => given)
  const failure = SdkFailure.inAnswer(answer, place)
  return failure === undefined ? Effect.succeed(answer) : Effect.fail(failure)
}

const bytesOf = ({ body }: Response): AsyncIterable<Uint8Array> => body ?? new Response("").body!

const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<LanguageModel.LanguageModel, InvalidOptions, Scope.Scope> {
  const client = yield* Client.make(options)
  const { completions } = client.sdk.chat
  const { record } = yield* Stats.recorder
  const failed = (cause: unknown) => SdkFailure.of(cause, client)
  const leftBehind = () => record({ _tag: "Zombie" })

  return yield* ChatModel.make({
    module: "OpenAi",
    provider: "openai",
    model: options.model ?? "gpt-4o-mini",
    parameters: options.parameters ?? {},
    transport: {
      complete: (body) =>
        Effect.flatMap(
          SdkRequest.effect((signal) => completions.create(body, { signal }), failed, leftBehind),
          (answer) => unlessFailed(answer, client)
        ),
      stream: (body) =>
        SdkRequest.stream(
          (signal) =>
            completions
              .create({ ...body, stream: true }, { signal })
              .asResponse()
              .then(bytesOf),
          failed,
          leftBehind
        ).pipe(EventStream.decode(client))
    }
  })
})

/**
 * Effect's language model over OpenAI's chat completions, by the official SDK: of OpenAI, or of any server that speaks like it.
 *
 * It makes each request once: what fails fails with an `AiError` whose reason says what happened, and trying again is for the gate.
 * An interrupted request, and a stream whose reader leaves, is over when its connection is closed. Fails with `InvalidOptions` for
 * an option outside its range.
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, InvalidOptions> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * The same for the endpoint that `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `LLM_MODEL` name.
 *
 * Fails with every value that is not allowed, and if neither a URL nor a key is set.
 */
export const layerConfig: Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> = Layer.unwrap(
  // What the settings let through is no wrong option: a refusal here would be a defect of headgate.
  Effect.map(Settings.endpoint, (endpoint) => Layer.orDie(layer(endpoint)))
)
