import { Effect, Schema } from "effect"
import type { Accept } from "./Accepted.ts"
import * as Answer from "./Answer.ts"
import type { Head } from "./Answer.ts"
import * as Body from "./Body.ts"
import { type ChatRequest, Stop, StreamOptions } from "./ChatRequest.ts"
import type { Settings } from "./Options.ts"
import { lengthOf, longestOf, type Reply, Usage } from "./Reply.ts"
import * as Replies from "./Reply.ts"
import * as Tokens from "./Tokens.ts"

const mostReplies = 2048

const TokenIds = Schema.Array(Schema.Natural)

/** The body of `POST /v1/completions`, as far as the simulated model reads it. */
export const TextRequest = Schema.Struct({
  model: Schema.String.check(Schema.isMinLength(1)),
  prompt: Schema.Union([
    Schema.String,
    Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(2048)),
    TokenIds.check(Schema.isMinLength(1)),
    Schema.Array(TokenIds).check(Schema.isMinLength(1), Schema.isMaxLength(2048))
  ]),
  max_tokens: Body.count(1),
  n: Body.count(1, 128),
  echo: Body.Switch,
  stop: Stop,
  stream_options: StreamOptions
}).check(
  Schema.makeFilter(
    ({ n, prompt }) =>
      typeof prompt === "string" ||
      prompt.length * (n ?? 1) <= mostReplies || { path: ["n"], issue: "Too many for so many prompts" }
  )
)
export type TextRequest = typeof TextRequest.Type

/** Reads a body, or says which field is wrong, as an endpoint does. */
export const decodeRequest = Body.decoder(TextRequest)

// As the endpoint has it.
const usualTokens = 16

const written = (ids: ReadonlyArray<number>): string => ids.map((id) => `#${id}`).join(" ")

/** The prompts of a request, one or many; tokens as their numbers. */
export const promptsOf = ({ prompt }: TextRequest): ReadonlyArray<string> => {
  if (typeof prompt === "string") return [prompt]
  if (prompt.every((one) => typeof one === "number")) return [written(prompt)]
  return (prompt as ReadonlyArray<string | ReadonlyArray<number>>).map((one) =>
    typeof one === "string" ? one : written(one)
  )
}

/** The chat that comes to the same as one prompt. */
export const chatOf = ({ max_tokens: most, model, n, stop }: TextRequest, prompt: string): ChatRequest => ({
  model,
  messages: [{ role: "user", content: prompt }],
  max_tokens: most ?? usualTokens,
  n,
  stop
})

const FinishReason = Schema.Literals(["stop", "length"])

const choiceOf = <S extends Schema.Constraint>(reason: S) =>
  Schema.Struct({ text: Schema.String, index: Schema.Int, logprobs: Schema.Null, finish_reason: reason })

const head = {
  id: Schema.String,
  object: Schema.Literal("text_completion"),
  /** Seconds since 1970. */
  created: Schema.Int,
  model: Schema.String
}

/** The answer of `POST /v1/completions`. */
export const TextReply = Schema.Struct({ ...head, choices: Schema.Array(choiceOf(FinishReason)), usage: Usage })
export type TextReply = typeof TextReply.Type

/** One part of a streamed answer of `POST /v1/completions`. */
export const TextPart = Schema.Struct({
  ...head,
  choices: Schema.Array(choiceOf(Schema.NullOr(FinishReason))),
  usage: Schema.optionalKey(Schema.NullOr(Usage))
})
export type TextPart = typeof TextPart.Type

/** A reply, and what it begins with if the prompt is to be repeated. */
export interface Echoed extends Reply {
  readonly before: string
}

const headOf = ({ created, model, serial }: Head) =>
  ({ id: `cmpl-${serial}`, object: "text_completion", created, model }) as const

const reasonOf = ({ finishReason }: Reply) => (finishReason === "length" ? "length" : "stop")

const choice = <R extends "stop" | "length" | null>(index: number, text: string, reason: R) => ({
  text,
  index,
  logprobs: null,
  finish_reason: reason
})

/** Puts whole replies into the endpoint's words. */
export const replyOf = (head: Head, replies: ReadonlyArray<Echoed>, usage: Usage): TextReply => ({
  ...headOf(head),
  choices: replies.map((reply, index) => choice(index, reply.before + reply.tokens.join(""), reasonOf(reply))),
  usage
})

/** Tells, for each token, the parts that it brings; the usage comes last, if it is asked for. */
export const partsOf = (head: Head, replies: ReadonlyArray<Echoed>, usage: Usage | undefined) => {
  const last = longestOf(replies)
  const more = usage === undefined ? {} : { usage: null }
  const part = (index: number, text: string, reason: "stop" | "length" | null): TextPart => ({
    ...headOf(head),
    choices: [choice(index, text, reason)],
    ...more
  })

  const ofChoice = (token: number) => (reply: Echoed, index: number) => {
    const text = (token === 1 ? reply.before : "") + (reply.tokens[token - 1] ?? "")
    const parts = text === "" ? [] : [part(index, text, null)]
    return token === Math.max(1, lengthOf(reply)) ? [...parts, part(index, "", reasonOf(reply))] : parts
  }

  return (token: number): ReadonlyArray<TextPart> => {
    const parts = replies.flatMap(ofChoice(token))
    return token === last && usage !== undefined ? [...parts, { ...headOf(head), choices: [], usage }] : parts
  }
}

/** Continues prompts, whole or in parts. */
export const make = (settings: Settings, accept: Accept) => {
  const read = Effect.fnUntraced(function* (body: unknown) {
    const request = yield* decodeRequest(body)
    const prompts = promptsOf(request)
    const written = yield* Effect.forEach(prompts, (prompt) =>
      Effect.map(Replies.make(settings, chatOf(request, prompt)), (replies) =>
        replies.map((reply): Echoed => ({ ...reply, before: request.echo === true ? prompt : "" }))
      )
    )
    const prompt = prompts.reduce((sum, one) => sum + Tokens.ofText(one), 0)
    return { request, model: request.model, prompt, replies: written.flat() }
  })

  const { complete: completeText, stream: streamText } = Answer.make("completeText", accept, {
    read,
    whole: (head, { replies }, usage) => replyOf(head, replies, usage),
    parts: (head, { replies, request }, usage) =>
      partsOf(head, replies, request.stream_options?.include_usage === true ? usage : undefined)
  })
  return { completeText, streamText }
}
