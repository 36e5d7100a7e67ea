import { Effect, Option, Predicate, Result, Schema } from "effect"
import { AiError, type LanguageModel, OpenAiStructuredOutput, type Tool } from "effect/ai"
import { isStrict } from "./ChatRequest.ts"
import { field, malformed } from "./ReplyContent.ts"

const { toCodecOpenAI } = OpenAiStructuredOutput

/** A call of a tool, or a piece of one; what is not told is empty. */
export interface CallPiece {
  readonly index: number | undefined
  readonly id: string
  readonly name: string
  /** The arguments as JSON, or a piece of that. */
  readonly text: string
}

const indexOf = (value: unknown): number | undefined => {
  const index = Predicate.isString(value) && /^\d+$/.test(value) ? Number(value) : value
  return Number.isInteger(index) ? Number(index) : undefined
}

const idOf = (value: unknown): string => (Predicate.isString(value) || Predicate.isNumber(value) ? String(value) : "")

const argumentsOf = (value: unknown): string => {
  if (Predicate.isNullish(value)) return ""
  return Predicate.isString(value) ? value : (JSON.stringify(value) ?? "")
}

/** Whether whole arguments are none: `{}`, or what some servers write in its place, be it before the pieces of others. */
export const isNoArguments = (text: string): boolean => /^\s*(?:""|\{\s*\}|\[\s*\]|null)?\s*$/.test(text)

/** Reads a call, whose name and arguments may stand beside its id. */
const pieceOf = (call: unknown): Result.Result<CallPiece, AiError.InvalidResponseError> => {
  if (!Predicate.isObject(call)) return Result.fail(malformed("a tool call is no object"))
  const called = Predicate.isObject(field(call, "function")) ? field(call, "function") : call
  const name = field(called, "name") ?? ""
  if (!Predicate.isString(name)) return Result.fail(malformed("the name of a tool call is no text"))
  const given = field(called, "arguments") ?? field(called, "parameters") ?? field(called, "input")
  return Result.succeed({
    index: indexOf(field(call, "index")),
    id: idOf(field(call, "id")),
    name,
    text: argumentsOf(given)
  })
}

const isSilent = ({ id, name, text }: CallPiece): boolean => id === "" && name === "" && text === ""

/** The calls in a message, or the pieces of them in a delta; `function_call` is their old name. */
export const piecesOf = (message: object): Result.Result<ReadonlyArray<CallPiece>, AiError.InvalidResponseError> => {
  const [given, old] = [field(message, "tool_calls"), field(message, "function_call")]
  const calls = Predicate.isNullish(given) ? [] : Array.isArray(given) ? given : [given]
  const all = calls.length === 0 && Predicate.isObject(old) ? [old] : calls
  const pieces = Result.all(all.filter((call) => !Predicate.isNullish(call)).map(pieceOf))
  return Result.map(pieces, (pieces) => pieces.filter((piece) => !isSilent(piece)))
}

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** Whether arguments are JSON to their end. */
export const isComplete = (text: string): boolean => Option.isSome(parse(text))

/** Arguments as a value; no arguments are `{}`, and text that is no JSON stays text, for the toolkit to judge. */
const read = (text: string): unknown => {
  if (isNoArguments(text)) return {}
  const value = Option.getOrElse(parse(text), () => text)
  // Some servers write JSON in a text of JSON.
  const inner = Predicate.isString(value) && value !== text ? Option.getOrUndefined(parse(value)) : undefined
  return Predicate.isObject(inner) ? inner : value
}

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

/** The error for a call of a tool that is not on offer, unless the caller judges that itself. */
export const undeclared = (
  { toolCallValidation, tools }: LanguageModel.ProviderOptions,
  name: string
): AiError.ToolNotFoundError | undefined =>
  toolCallValidation === "deferred" || tools.some((tool) => tool.name === name)
    ? undefined
    : new AiError.ToolNotFoundError({ toolName: name, availableTools: tools.map((tool) => tool.name) })

/** Reads the arguments of a call. */
export const paramsOf = (
  options: LanguageModel.ProviderOptions,
  name: string,
  text: string
): Effect.Effect<unknown, AiError.AiErrorReason> => {
  if (name === "") return Effect.fail(malformed("a tool call has no name"))
  const unknown = undeclared(options, name)
  if (unknown !== undefined) return Effect.fail(unknown)
  const params = read(text)
  const tool = options.tools.find((tool) => tool.name === name)
  return tool !== undefined && isStrict(tool) ? unstrict(tool, params) : Effect.succeed(params)
}

/** Gives each call of a reply an id of its own: the one it has, unless an earlier call has it. */
export class CallIds {
  readonly #used = new Set<string>()

  /** `reply` is the id of the reply, `count` how many calls came before. */
  take(given: string, reply: string | undefined, count: number): string {
    let id = given === "" ? `call_${reply ?? ""}_${count}` : given
    for (let i = count; this.#used.has(id); i++) id = `${given}_${i}`
    this.#used.add(id)
    return id
  }
}
