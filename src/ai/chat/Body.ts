import { Effect } from "effect"
import { AiError, type LanguageModel, OpenAiStructuredOutput } from "effect/ai"
import type { ChatCompletionCreateParamsNonStreaming, ResponseFormatJSONSchema } from "openai/resources"
import * as Messages from "./Messages.ts"
import * as Parameters from "./Parameters.ts"
import * as Tools from "./Tools.ts"

/** The body of a chat request. */
export type Body = ChatCompletionCreateParamsNonStreaming

// The endpoint takes no other names.
const nameOf = (name: string): string => name.replaceAll(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "object"

const formatOf = ({
  responseFormat: format
}: LanguageModel.ProviderOptions): Effect.Effect<
  { readonly response_format?: ResponseFormatJSONSchema },
  AiError.UnsupportedSchemaError
> => {
  if (format.type === "text") return Effect.succeed({})
  return Effect.try({
    try: () => {
      const { jsonSchema: schema } = OpenAiStructuredOutput.toCodecOpenAI(format.schema)
      return {
        response_format: {
          type: "json_schema" as const,
          json_schema: { name: nameOf(format.objectName), strict: true, schema }
        }
      }
    },
    catch: (error) => new AiError.UnsupportedSchemaError({ description: String(error) })
  })
}

/** Puts a request into the endpoint's words. */
export const make = Effect.fnUntraced(function* (
  options: LanguageModel.ProviderOptions,
  model: string,
  parameters: Parameters.Parameters
): Effect.fn.Return<Body, AiError.AiErrorReason> {
  const messages = yield* Messages.of(options.prompt)
  const offer = yield* Tools.of(options)
  const format = yield* formatOf(options)
  return { model: parameters.model ?? model, messages, ...offer, ...format, ...Parameters.fieldsOf(parameters) }
})
