import { Schema } from "effect"
import type { Head } from "./ChatReply.ts"
import { lengthOf, longestOf, type Reply } from "./Reply.ts"
import { Usage } from "./Usage.ts"

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
export const make = (head: Head, replies: ReadonlyArray<Echoed>, usage: Usage): TextReply => ({
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
