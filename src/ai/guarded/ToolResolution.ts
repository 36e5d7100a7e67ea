import { Effect, Option, Schema, SchemaTransformation, Stream } from "effect"
import { AiError, LanguageModel, Response, Telemetry } from "effect/ai"
import * as ToolCalls from "../chat/ToolCalls.ts"
import type { GatedCalls, Request } from "./GatedCalls.ts"
import type { Part, ErasedLanguageModel } from "./ErasedLanguageModel.ts"

type ProviderOptions = LanguageModel.ProviderOptions

const { CurrentSpanTransformer } = Telemetry

/** Puts parts back into the form in which a provider gives them. */
const encoder = <A>(schema: Schema.Encoder<A>) => {
  const encode = Schema.encodeUnknownEffect(schema)
  // What the model has just read can be written down again.
  return (part: Part): Effect.Effect<A> =>
    Effect.orDie(encode(part.type === "tool-result" ? { ...part, result: part.encodedResult } : part))
}
const encodePart = encoder<Response.PartEncoded>(Response.Part())
const encodeStreamPart = encoder<Response.StreamPartEncoded>(Response.StreamPart())

/** Asks the model so that it tells of its calls and runs none. */
const unresolved = ({ prompt, responseFormat, toolChoice, tools }: ProviderOptions) => ({
  prompt,
  toolChoice,
  toolkit: {
    tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])),
    handle: () => Effect.die("a tool was run by a model that was told not to")
  },
  disableToolCallResolution: true,
  toolCallValidation: "deferred",
  ...(responseFormat.type === "json" && { schema: responseFormat.schema, objectName: responseFormat.objectName })
})

const requestOf = (method: Request["method"], { prompt, tools }: ProviderOptions): Request => ({
  method,
  prompt,
  tools
})

/** Fails as the model would, had it not been told to leave its calls unchecked. */
const checked = (options: ProviderOptions, method: string, parts: ReadonlyArray<Part>) => {
  for (const part of parts) {
    const reason = part.type === "tool-call" && !part.providerExecuted && ToolCalls.undeclared(options, part.name)
    if (reason) return Effect.fail(AiError.make({ module: "GuardedModel", method, reason }))
  }
  return Effect.void
}

/** An object as the model has read it from its reply, in its own way. */
class ReadObject {
  value: unknown

  readonly #codec = Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.Unknown,
      SchemaTransformation.transform({ decode: () => this.value, encode: (value) => value })
    )
  )

  /** Reads the same from the same reply, whatever schema was asked for. */
  get transformer(): LanguageModel.CodecTransformer {
    const transformer: unknown = () => ({ codec: this.#codec, jsonSchema: {} })
    return transformer as LanguageModel.CodecTransformer
  }
}

/** What makes one model of another. */
interface Parts {
  readonly model: ErasedLanguageModel
  readonly calls: GatedCalls
  /** Whether spans are recorded. */
  readonly observed: Effect.Effect<boolean>
}

// The spans show each response once, with the results of its tools.
const unobserved = () => {}

const generate =
  ({ calls, model, observed }: Parts, object: ReadObject) =>
  (options: ProviderOptions) => {
    const method = options.responseFormat.type === "json" ? "generateObject" : "generateText"
    const reply = model[method](unresolved(options))
    const call = Effect.flatMap(observed, (yes) =>
      yes ? Effect.provideService(reply, CurrentSpanTransformer, unobserved) : reply
    ).pipe(Effect.tap(({ content }) => checked(options, method, content)))
    return Effect.flatMap(calls.call(requestOf(method, options), call), ({ content, value }) => {
      object.value = value
      return Effect.forEach(content, encodePart)
    })
  }

const stream =
  ({ calls, model, observed }: Parts) =>
  (options: ProviderOptions) => {
    const reply = model.streamText(unresolved(options))
    const parts = Stream.unwrap(
      Effect.map(observed, (yes) => (yes ? Stream.provideService(reply, CurrentSpanTransformer, unobserved) : reply))
    ).pipe(Stream.tap((part) => checked(options, "streamText", [part])))
    return Stream.mapEffect(calls.stream(requestOf("streamText", options), parts), encodeStreamPart)
  }

/**
 * Guards the calls of a model, and nothing but them: what its tools do is done outside, by Effect's own hand, so that a tool that
 * calls the model waits for no place that its own call holds.
 */
export const make = Effect.fnUntraced(function* (
  model: ErasedLanguageModel,
  calls: GatedCalls
): Effect.fn.Return<ErasedLanguageModel> {
  const around = yield* Effect.serviceOption(CurrentSpanTransformer)
  const observed = Effect.map(Effect.serviceOption(CurrentSpanTransformer), (here) =>
    Option.isSome(Option.orElse(here, () => around))
  )
  const parts = { calls, model, observed }
  const withObject = (object: ReadObject) =>
    LanguageModel.make({
      codecTransformer: object.transformer,
      generateText: generate(parts, object),
      streamText: stream(parts)
    }) as unknown as Effect.Effect<ErasedLanguageModel>

  const { generateText, streamText } = yield* withObject(new ReadObject())
  return {
    generateText,
    streamText,
    // The object that one reply brings is of no use to another.
    generateObject: (options) => Effect.flatMap(withObject(new ReadObject()), (own) => own.generateObject(options))
  }
})
