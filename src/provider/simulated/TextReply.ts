import { Schema } from "effect"
import type { Head } from "./ChatReply.ts"
import { lengthOf, longestOf, type Reply } from "./Reply.ts"
import { Usage } from "./Usage.ts"

const Choice = Schema.Struct({
  text: Schema.String,
  index: Schema.Int,
  logprobs: Schema.Null,
  finish_reason: Schema.NullOr(Schema.Literals(["stop", "length"]))
})

/** The answer of `POST /v1/completions`, or one part of a streamed one. */
export const TextReply = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("text_completion"),
  /** Seconds since 1970. */
  created: Schema.Int,
  model: Schema.String,
  choices: Schema.Array(Choice),
  usage: Schema.optionalKey(Schema.NullOr(Usage))
})
export type TextReply = typeof TextReply.Type

/** A reply, and what it begins with if the prompt is to be repeated. */
export interface Echoed extends Reply {
  readonly before: string
}

const headOf = ({ created, model, serial }: Head) =>
  ({ id: `cmpl-${serial}`, object: "text_completion", created, model }) as const

const reasonOf = ({ finishReason }: Reply) => (finishReason === "length" ? "length" : "stop")

const choice = (index: number, text: string, reason: "stop" | "length" | null): typeof Choice.Type => ({
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
  const part = (index: number, text: string, reason: "stop" | "length" | null): TextReply => ({
    ...headOf(head),
    choices: [choice(index, text, reason)],
    ...more
  })

  const ofChoice = (token: number) => (reply: Echoed, index: number) => {
    const text = (token === 1 ? reply.before : "") + (reply.tokens[token - 1] ?? "")
    const parts = text === "" ? [] : [part(index, text, null)]
    return token === Math.max(1, lengthOf(reply)) ? [...parts, part(index, "", reasonOf(reply))] : parts
  }

  return (token: number): ReadonlyArray<TextReply> => {
    const parts = replies.flatMap(ofChoice(token))
    return token === last && usage !== undefined ? [...parts, { ...headOf(head), choices: [], usage }] : parts
  }
}
