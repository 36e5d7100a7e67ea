import { Effect, Stream } from "effect"
import { AiError, LanguageModel, OpenAiStructuredOutput, type Response, Telemetry } from "effect/ai"
import * as ChatRequest from "./ChatRequest.ts"
import * as Parameters from "./Parameters.ts"
import * as Reply from "./Reply.ts"
import { Chunks, ReplyStream, whole } from "./ReplyStream.ts"

/** Carries chat requests to a model. */
export interface Transport {
  /** Sends a request and gives the reply as `POST /chat/completions` answers it, or its `Chunks` if it streams all the same. */
  readonly complete: (body: ChatRequest.ChatRequest) => Effect.Effect<unknown, AiError.AiErrorReason>
  /** Sends a request and streams the chunks of its reply; a reader that stops ends the request. */
  readonly stream: (body: ChatRequest.ChatRequest) => Stream.Stream<unknown, AiError.AiErrorReason>
}

export interface Options {
  /** Names the module in errors. */
  readonly module: string
  /** Names the provider in spans. */
  readonly provider: string
  /** The model that answers if no request says otherwise. */
  readonly model: string
  /** What is said in each request that does not say otherwise. */
  readonly parameters: Parameters.Parameters
  readonly transport: Transport
}

/** Makes Effect's language model of one that speaks OpenAI's chat requests. */
export const make = ({
  model,
  module,
  parameters,
  provider,
  transport
}: Options): Effect.Effect<LanguageModel.LanguageModel> => {
  const bodyOf = Effect.fnUntraced(function* (options: LanguageModel.ProviderOptions) {
    const joined = Parameters.join(parameters, yield* Parameters.Parameters)
    annotateRequest(options, provider, { model, ...joined })
    return yield* ChatRequest.make(options, model, joined)
  })
  const inModule = (method: string) => (reason: AiError.AiErrorReason) => AiError.make({ module, method, reason })

  return LanguageModel.make({
    codecTransformer: OpenAiStructuredOutput.toCodecOpenAI,
    supportsSystemMessagesInHistory: Effect.succeed(true),
    generateText: (options) =>
      bodyOf(options).pipe(
        Effect.flatMap(transport.complete),
        Effect.flatMap((reply) => (reply instanceof Chunks ? whole(reply, options) : Reply.partsOf(reply, options))),
        Effect.mapError(inModule(options.responseFormat.type === "json" ? "generateObject" : "generateText")),
        Effect.tap((parts) => Effect.sync(() => annotateResponse(options, parts)))
      ),
    streamText: (options) =>
      Stream.suspend(() => {
        const reply = new ReplyStream(options)
        return Stream.unwrap(Effect.map(bodyOf(options), (body) => transport.stream({ ...withUsage, ...body }))).pipe(
          Stream.mapEffect(reply.push),
          Stream.concat(Stream.fromEffect(reply.end)),
          Stream.tap((parts) => Effect.sync(() => annotateResponse(options, parts))),
          Stream.flattenIterable,
          Stream.mapError(inModule("streamText"))
        )
      })
  })
}

// Without it the tokens of a stream stay unknown.
const withUsage = { stream_options: { include_usage: true } } as const

const annotateRequest = (
  { span }: LanguageModel.ProviderOptions,
  provider: string,
  { frequencyPenalty, maxCompletionTokens, model, presencePenalty, seed, temperature, topP }: Parameters.Parameters
): void =>
  Telemetry.addGenAIAnnotations(span, {
    provider: { name: provider },
    operation: { name: "chat" },
    request: { model, temperature, topP, maxTokens: maxCompletionTokens, seed, frequencyPenalty, presencePenalty }
  })

const annotateResponse = (
  { span }: LanguageModel.ProviderOptions,
  parts: ReadonlyArray<Response.PartEncoded | Response.StreamPartEncoded>
): void => {
  for (const part of parts) {
    if (part.type === "response-metadata") {
      Telemetry.addGenAIAnnotations(span, { response: { id: part.id, model: part.modelId } })
    } else if (part.type === "finish") {
      const { inputTokens, outputTokens } = part.usage
      Telemetry.addGenAIAnnotations(span, {
        response: { finishReasons: [part.reason] },
        usage: { inputTokens: inputTokens.total, outputTokens: outputTokens.total }
      })
    }
  }
}
