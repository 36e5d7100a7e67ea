import { Effect, Option, Schema } from "effect"
import { AiError, type LanguageModel, OpenAiStructuredOutput, Tool } from "effect/ai"
import type { ChatCompletionTool, ChatCompletionToolChoiceOption } from "openai/resources"

const { toCodecOpenAI } = OpenAiStructuredOutput

/** What a request says of tools. */
export interface Offer {
  readonly tools?: Array<ChatCompletionTool>
  readonly tool_choice?: ChatCompletionToolChoiceOption
}

const isStrict = (tool: Tool.Any): boolean => Tool.getStrictMode(tool) === true

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
export const of = ({
  toolChoice,
  tools
}: LanguageModel.ProviderOptions): Effect.Effect<Offer, AiError.AiErrorReason> => {
  if (tools.length === 0) return Effect.succeed({})
  return Effect.map(Effect.forEach(tools, define), (tools) => ({ tools, tool_choice: choiceOf(toolChoice) }))
}

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

// A strict tool's arguments come in the shape the endpoint was shown: they go back to that of the tool's own schema. What does
// not fit stays as it is, for the toolkit to judge.
const unstrict = (tool: Tool.Any, params: unknown): Effect.Effect<unknown> => {
  const { codec } = toCodecOpenAI(tool.parametersSchema)
  const restored = Effect.flatMap(
    Schema.decodeUnknownEffect(codec)(params),
    Schema.encodeUnknownEffect(tool.parametersSchema)
  )
  // What a tool's schemas need is in the context of the call, but its type is lost on the way here.
  return Effect.orElseSucceed(restored as Effect.Effect<unknown, Schema.SchemaError>, () => params)
}

/** What is wrong with a call of a tool that is not on offer, unless whoever asks judges that. */
export const undeclared = (
  { toolCallValidation, tools }: LanguageModel.ProviderOptions,
  name: string
): AiError.ToolNotFoundError | undefined =>
  toolCallValidation === "deferred" || tools.some((tool) => tool.name === name)
    ? undefined
    : new AiError.ToolNotFoundError({ toolName: name, availableTools: tools.map((tool) => tool.name) })

/** Reads the arguments of a call; no arguments are `{}`, and what is no JSON stays the text it is, for the toolkit to judge. */
export const paramsOf = (
  options: LanguageModel.ProviderOptions,
  name: string,
  text: string
): Effect.Effect<unknown, AiError.ToolNotFoundError> => {
  const unknown = undeclared(options, name)
  if (unknown !== undefined) return Effect.fail(unknown)
  const params = text.trim() === "" ? {} : Option.getOrElse(parse(text), () => text)
  const tool = options.tools.find((tool) => tool.name === name)
  return tool !== undefined && isStrict(tool) ? unstrict(tool, params) : Effect.succeed(params)
}
