import { type Config, Effect, Layer, Result, Scope, Stream } from "effect"
import { type AiError, LanguageModel } from "effect/ai"
import type { InvalidOptions } from "../config/InvalidOptions.ts"
import * as Settings from "../config/Settings.ts"
import { EffectCall } from "../engine/EffectCall.ts"
import { routeOf } from "../engine/OuterCalls.ts"
import { Stats } from "../Stats.ts"
import * as Endpoints from "../upstream/Endpoints.ts"
import type { EndpointAddress } from "../upstream/Upstream.ts"
import * as ChatModel from "./chat/ChatModel.ts"
import type { Parameters } from "./chat/Parameters.ts"
import { Chunks } from "./chat/ReplyStream.ts"
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

/** The answer, or its chunks if it is a stream all the same; or the failure that it tells of. */
const answerIn = (text: string, place: SdkFailure.Place): Effect.Effect<unknown, AiError.AiErrorReason> => {
  if (EventStream.isEvents(text)) {
    const events = EventStream.decode(place)(Stream.succeed(new TextEncoder().encode(text)))
    return Effect.map(Stream.runCollect(events), (chunks) => new Chunks(chunks))
  }
  const answer = Result.try((): unknown => JSON.parse(text))
  if (Result.isFailure(answer)) return SdkFailure.of(answer.failure, place)
  const failure = SdkFailure.inAnswer(answer.success, place)
  return failure === undefined ? Effect.succeed(answer.success) : Effect.fail(failure)
}

const bytesOf = ({ body }: Response): AsyncIterable<Uint8Array> => body ?? new Response("").body!

/** Where a request goes: to the client of an endpoint, with the name by which that knows the model. */
interface Destination {
  readonly client: Client.Client
  readonly model?: string | undefined
}

const over = Effect.fnUntraced(function* (
  { model = "gpt-4o-mini", parameters = {} }: Pick<Options, "model" | "parameters">,
  destination: Effect.Effect<Destination>
) {
  const { record } = yield* Stats.recorder
  const leftBehind = () => record({ _tag: "Zombie" })
  const to = Effect.map(destination, ({ client, model }) => ({
    client,
    named: model === undefined ? {} : { model },
    failed: (cause: unknown) => SdkFailure.of(cause, client)
  }))

  return yield* ChatModel.make({
    module: "OpenAi",
    provider: "openai",
    model,
    parameters,
    transport: {
      complete: (body) =>
        Effect.flatMap(to, ({ client, failed, named }) =>
          SdkRequest.effect(
            (signal) =>
              client.sdk.chat.completions
                .create({ ...body, ...named }, { signal })
                .asResponse()
                .then((response) => response.text()),
            failed,
            leftBehind
          ).pipe(Effect.flatMap((text) => answerIn(text, client)))
        ),
      stream: (body) =>
        Stream.unwrap(
          Effect.map(to, ({ client, failed, named }) =>
            SdkRequest.stream(
              (signal) =>
                client.sdk.chat.completions
                  .create({ ...body, ...named, stream: true }, { signal })
                  .asResponse()
                  .then(bytesOf),
              failed,
              leftBehind
            ).pipe(EventStream.decode(client))
          )
        )
    }
  })
})

const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<LanguageModel.LanguageModel, InvalidOptions, Scope.Scope> {
  const client = yield* Client.make(options)
  return yield* over(options, Effect.succeed({ client }))
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

const makeRouted = Effect.fnUntraced(function* (
  options: Omit<Options, "baseUrl" | "apiKey">
): Effect.fn.Return<LanguageModel.LanguageModel, InvalidOptions, Scope.Scope> {
  const scope = yield* Effect.scope
  // An endpoint has another address object once its settings have changed.
  const clients = new WeakMap<EndpointAddress, Client.Client>()
  const clientOf = (address: EndpointAddress) =>
    Effect.suspend(() => {
      const known = clients.get(address)
      if (known !== undefined) return Effect.succeed(known)
      // The settings have been checked: a value that is refused here is a defect.
      const made = Effect.orDie(Scope.provide(Client.make({ ...options, ...address }), scope))
      return Effect.tap(made, (client) => Effect.sync(() => void clients.set(address, client)))
    })
  const destination = Effect.flatMap(EffectCall.current, (call) => {
    const { address, model } = Endpoints.destinationOf(routeOf(call)) ?? {}
    if (address === undefined) return Effect.die(new Error("The model is asked outside of the router"))
    return Effect.map(clientOf(address), (client) => ({ client, model }))
  })
  return yield* over(options, destination)
})

/** The same for the endpoint that the router has chosen for the attempt: a gate of several endpoints must be in front. */
export const layerRouted = (
  options: Omit<Options, "baseUrl" | "apiKey">
): Layer.Layer<LanguageModel.LanguageModel, InvalidOptions> =>
  Layer.effect(LanguageModel.LanguageModel, makeRouted(options))

/**
 * The same for the endpoint that `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `LLM_MODEL` name.
 *
 * Fails with every value that is not allowed, and if neither a URL nor a key is set.
 */
export const layerConfig: Layer.Layer<LanguageModel.LanguageModel, Config.ConfigError> = Layer.unwrap(
  // What the settings let through is no wrong option: a refusal here would be a defect of headgate.
  Effect.map(Settings.endpoint, (endpoint) => Layer.orDie(layer(endpoint)))
)
