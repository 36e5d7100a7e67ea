import { Effect } from "effect"
import { AiError, type LanguageModel, OpenAiStructuredOutput, Tool } from "effect/ai"
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
  ResponseFormatJSONSchema
} from "openai/resources"
import * as Messages from "./Messages.ts"
import * as Parameters from "./Parameters.ts"

const { toCodecOpenAI } = OpenAiStructuredOutput

/** The body of a chat request. */
export type ChatRequest = ChatCompletionCreateParamsNonStreaming

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
      const { jsonSchema: schema } = toCodecOpenAI(format.schema)
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

/** What a request says of tools. */
interface Offer {
  readonly tools?: Array<ChatCompletionTool>
  readonly tool_choice?: ChatCompletionToolChoiceOption
}

export const isStrict = (tool: Tool.Any): boolean => Tool.getStrictMode(tool) === true

const definitionOf = (tool: Tool.Any): ChatCompletionTool => {
  const strict = isStrict(tool)
  const description = Tool.getDescription(tool)
  return {
    type: "function",
    function: {
      name: tool.name,
      ...(description !== undefined && { description }),
      parameters: Tool.getJsonSchema(tool, strict ? { transformer: toCodecOpenAI } : undefined),
      ...(strict && { strict })
    }
  }
}

const define = (tool: Tool.Any): Effect.Effect<ChatCompletionTool, AiError.AiErrorReason> => {
  if (Tool.isProviderDefined(tool)) {
    return Effect.fail(
      new AiError.InvalidRequestError({
        parameter: "toolkit",
        description: `The tool "${tool.name}" is one that its provider runs; this model calls functions alone.`
      })
    )
  }
  return Effect.try({
    try: () => definitionOf(tool),
    catch: (error) =>
      new AiError.UnsupportedSchemaError({ description: `The parameters of the tool "${tool.name}": ${String(error)}` })
  })
}

const choiceOf = (choice: LanguageModel.ToolChoice<string>): ChatCompletionToolChoiceOption => {
  if (typeof choice === "string") return choice
  // The tools on offer are those of `oneOf` already.
  return "oneOf" in choice ? (choice.mode ?? "auto") : { type: "function", function: { name: choice.tool } }
}

/** Puts the tools on offer into the endpoint's words; those annotated as strict in the schemas it can hold the model to. */
const offerOf = ({ toolChoice, tools }: LanguageModel.ProviderOptions): Effect.Effect<Offer, AiError.AiErrorReason> => {
  if (tools.length === 0) return Effect.succeed({})
  return Effect.map(Effect.forEach(tools, define), (tools) => ({ tools, tool_choice: choiceOf(toolChoice) }))
}

/** Puts a request into the endpoint's words. */
export const make = Effect.fnUntraced(function* (
  options: LanguageModel.ProviderOptions,
  model: string,
  parameters: Parameters.Parameters
): Effect.fn.Return<ChatRequest, AiError.AiErrorReason> {
  const messages = yield* Messages.of(options.prompt)
  const offer = yield* offerOf(options)
  const format = yield* formatOf(options)
  return { model: parameters.model ?? model, messages, ...offer, ...format, ...Parameters.fieldsOf(parameters) }
})
