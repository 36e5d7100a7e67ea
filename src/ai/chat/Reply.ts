import { DateTime, Effect, Option, Schema } from "effect"
import { AiError, type LanguageModel, type Response } from "effect/ai"
import * as Finish from "./Finish.ts"
import * as Read from "./Read.ts"
import * as ToolCalls from "./ToolCalls.ts"

/** A text that may be missing. */
export const Text = Schema.optional(Schema.NullOr(Schema.String))

/** What tells replies apart. */
export const Head = { id: Text, model: Text, created: Schema.optional(Schema.NullOr(Schema.Number)) }

/** What a reply consists of, whole or in parts; some servers call the thoughts one, some the other. */
export const Said = { content: Text, refusal: Text, reasoning_content: Text, reasoning: Text }

const Call = Schema.Struct({ id: Text, function: Schema.Struct({ name: Schema.String, arguments: Text }) })

// Servers that are like this endpoint leave out what they have nothing to say of.
const Reply = Schema.Struct({
  ...Head,
  choices: Schema.NonEmptyArray(
    Schema.Struct({
      message: Schema.Struct({ ...Said, tool_calls: Schema.optional(Schema.NullOr(Schema.Array(Call))) }),
      finish_reason: Text
    })
  ),
  usage: Schema.optional(Schema.Unknown)
})

const read = Read.as(Reply)

/** Says which reply this is. */
export const metadataOf = ({
  created,
  id,
  model
}: Schema.Struct.Type<typeof Head>): Response.ResponseMetadataPartEncoded => ({
  type: "response-metadata",
  id: id ?? undefined,
  modelId: model ?? undefined,
  timestamp: Option.getOrUndefined(Option.map(DateTime.make((created ?? NaN) * 1000), DateTime.formatIso))
})

/** The model declines to answer, which no retry mends. */
export const refused = (refusal: string): AiError.ContentPolicyError =>
  new AiError.ContentPolicyError({ description: refusal })

/** The thoughts before a reply, if the server shows them. */
export const thoughtsOf = (said: Schema.Struct.Type<typeof Said>): string =>
  said.reasoning_content ?? said.reasoning ?? ""

/** The id of a call; a server that gives none leaves it to us. */
export const callId = (id: string | null | undefined, reply: string | null | undefined, index: number): string =>
  id || `call_${reply ?? ""}_${index}`

/** Turns a whole reply into the parts of a response, or says why it is none. */
export const partsOf = Effect.fnUntraced(function* (
  answer: unknown,
  options: LanguageModel.ProviderOptions
): Effect.fn.Return<Array<Response.PartEncoded>, AiError.AiErrorReason> {
  const reply = yield* read(answer)
  const [{ finish_reason: reason, message }] = reply.choices
  if (message.refusal) return yield* Effect.fail(refused(message.refusal))
  const thoughts = thoughtsOf(message)
  const calls = yield* Effect.forEach(message.tool_calls ?? [], ({ function: called, id }, index) =>
    Effect.map(ToolCalls.paramsOf(options, called.name, called.arguments ?? ""), (params) => ({
      type: "tool-call" as const,
      id: callId(id, reply.id, index),
      name: called.name,
      params
    }))
  )
  return [
    metadataOf(reply),
    ...(thoughts === "" ? [] : [{ type: "reasoning" as const, text: thoughts }]),
    ...(message.content ? [{ type: "text" as const, text: message.content }] : []),
    ...calls,
    Finish.make(reason, reply.usage, calls.length > 0)
  ]
})
