import { DateTime, Effect, Option, Predicate } from "effect"
import { AiError, type LanguageModel, type Response } from "effect/ai"
import * as Finish from "./Finish.ts"
import { field, malformed, type Segment, segmentsOf } from "./ReplyContent.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** The id of a reply, if it has one. */
export const idOf = (reply: object): string | undefined => {
  const id = field(reply, "id")
  return Predicate.isNumber(id) || (Predicate.isString(id) && id !== "") ? String(id) : undefined
}

const timestampOf = (created: unknown): string | undefined => {
  const seconds = Predicate.isString(created) || Predicate.isNumber(created) ? Number(created) : NaN
  return Option.getOrUndefined(Option.map(DateTime.make(seconds * 1000), DateTime.formatIso))
}

/** Says which reply this is, as far as it tells. */
export const metadataOf = (reply: object): Response.ResponseMetadataPartEncoded => {
  const model = field(reply, "model")
  return {
    type: "response-metadata",
    id: idOf(reply),
    modelId: Predicate.isString(model) && model !== "" ? model : undefined,
    timestamp: timestampOf(field(reply, "created"))
  }
}

/** The model declines to answer, which no retry mends. */
export const refused = (refusal: string): AiError.ContentPolicyError =>
  new AiError.ContentPolicyError({ description: refusal })

/** What is wrong with a reply that ends with an error, which some servers say in its last word only. */
export const failedAtEnd = (reason: unknown): AiError.InternalProviderError | undefined =>
  Predicate.isString(reason) && reason.toLowerCase() === "error"
    ? new AiError.InternalProviderError({ description: "The model ended its reply with an error." })
    : undefined

/** Of several replies side by side there is room for the first; `undefined` if the list has another shape. */
export const firstChoiceOf = (reply: object): object | null | undefined => {
  const choices = field(reply, "choices") ?? []
  if (!Array.isArray(choices)) return undefined
  return choices.find((choice) => Predicate.isObject(choice) && Number(field(choice, "index") ?? 0) === 0) ?? null
}

/** Whether the text of a reply is to be an object. */
export const isJson = ({ responseFormat }: LanguageModel.ProviderOptions): boolean => responseFormat.type === "json"

// Servers without schemas put a fence around the object that was asked for.
const opening = /^```(?:json)?[^\S\n]*\n/i
const closing = "```"

/** The text of a reply, and of an object that was asked for what is inside of its fence. */
export const contentOf = (text: string, options: LanguageModel.ProviderOptions): string => {
  if (!isJson(options)) return text
  const fenced = text.trim()
  const [before] = opening.exec(fenced) ?? []
  return before === undefined || !fenced.endsWith(closing) ? text : fenced.slice(before.length, -closing.length).trim()
}

const joined = (segments: ReadonlyArray<Segment>, kind: Segment["kind"]): string =>
  segments.map((segment) => (segment.kind === kind ? segment.text : "")).join("")

const callsOf = (message: object, reply: string | undefined, options: LanguageModel.ProviderOptions) => {
  const ids = new ToolCalls.CallIds()
  return Effect.flatMap(Effect.fromResult(ToolCalls.piecesOf(message)), (pieces) =>
    Effect.forEach(pieces, ({ id, name, text }, index) =>
      Effect.map(ToolCalls.paramsOf(options, name, text), (params) => ({
        type: "tool-call" as const,
        id: ids.take(id, reply, index),
        name,
        params
      }))
    )
  )
}

/** Turns a whole reply into the parts of a response, or says why it is none. */
export const partsOf = Effect.fnUntraced(function* (
  reply: unknown,
  options: LanguageModel.ProviderOptions
): Effect.fn.Return<Array<Response.PartEncoded>, AiError.AiErrorReason> {
  const choice = Predicate.isObject(reply) ? firstChoiceOf(reply) : undefined
  const message = field(choice, "message") ?? field(choice, "delta")
  if (!Predicate.isObject(reply) || !Predicate.isObject(message)) {
    return yield* Effect.fail(malformed("it has no message"))
  }
  const segments = yield* Effect.fromResult(segmentsOf(message, isJson(options)))
  const [thoughts, text, refusal] = [
    joined(segments, "reasoning"),
    joined(segments, "text"),
    joined(segments, "refusal")
  ]
  const reason = field(choice, "finish_reason")
  const failure = refusal === "" ? failedAtEnd(reason) : refused(refusal)
  if (failure !== undefined) return yield* Effect.fail(failure)
  const calls = yield* callsOf(message, idOf(reply), options)
  return [
    metadataOf(reply),
    ...(thoughts === "" ? [] : [{ type: "reasoning" as const, text: thoughts }]),
    ...(text === "" ? [] : [{ type: "text" as const, text: contentOf(text, options) }]),
    ...calls,
    Finish.make(reason, Finish.usageOf(reply, choice), calls.length > 0)
  ]
})
