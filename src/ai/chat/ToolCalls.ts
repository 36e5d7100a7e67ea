import { Effect, Option, Schema } from "effect"
import { AiError, type LanguageModel, OpenAiStructuredOutput, type Tool } from "effect/ai"
import { isStrict } from "./ChatRequest.ts"

const { toCodecOpenAI } = OpenAiStructuredOutput

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
