import { Effect, Hash, Random, Schema } from "effect"
import { type ChatRequest, maxTokens, offerOf, questionOf, textOf } from "./ChatRequest.ts"
import type { Settings } from "./Options.ts"
import type * as LookingUp from "./skill/LookingUp.ts"
import * as Text from "./Text.ts"
import * as Tool from "./Tool.ts"
import * as JsonExample from "./JsonExample.ts"
import * as Tokens from "./Tokens.ts"
import * as Skills from "./skill/Skills.ts"

/** A tool the model asks its caller to run. */
export interface Call {
  readonly name: string
  /** The arguments as JSON, token by token. */
  readonly tokens: ReadonlyArray<string>
}

/** What the model is going to say, token by token: a text, or calls of tools. */
export interface Reply {
  readonly tokens: ReadonlyArray<string>
  readonly calls: ReadonlyArray<Call>
  readonly finishReason: "stop" | "length" | "tool_calls"
}

/** The tokens of a reply; a tool's name is one. */
export const lengthOf = ({ calls, tokens }: Reply): number =>
  calls.reduce((sum, call) => sum + 1 + call.tokens.length, tokens.length)

/** The tokens of the longest of several replies that are written side by side. */
export const longestOf = (replies: ReadonlyArray<Reply>): number => Math.max(1, ...replies.map(lengthOf))

/** The tokens a reply took, as an endpoint bills them. */
export const Usage = Schema.Struct({
  prompt_tokens: Schema.Int,
  completion_tokens: Schema.Int,
  total_tokens: Schema.Int
})
export type Usage = typeof Usage.Type

/** Bills a prompt once, and each reply to it. */
export const usageOf = (prompt: number, replies: ReadonlyArray<Reply>): Usage => {
  const completion = replies.reduce((sum, reply) => sum + lengthOf(reply), 0)
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

/** Draws a log-normal length: most are somewhat shorter than the mean, a few are much longer. */
export const drawLength = (mean: number, spread: number, random: () => number): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.min(10 * mean, mean * Math.exp(spread * normal - (spread * spread) / 2))
}

const anyObject = {
  type: "object",
  properties: { answer: { type: "string" }, points: { type: "array", items: { type: "string" } } },
  required: ["answer", "points"]
}

const prose = (settings: Settings, kind: Text.Kind, about: string, random: () => number): string =>
  Text.write(kind, about, 4 * drawLength(settings.replyTokens[kind], settings.spread, random), random)

const textFor = (settings: Settings, request: ChatRequest, random: () => number): string => {
  const kind = Text.kindOf(request.messages.map(textOf))
  const about = questionOf(request)
  const format = request.response_format
  if (format === undefined || format === null || format.type === "text") {
    return prose(settings, kind, about, random)
  }
  const schema = format.type === "json_object" ? anyObject : format.json_schema?.schema
  const text = Text.sentencesOf(kind, about, random)
  return JSON.stringify(JsonExample.make(schema ?? anyObject, { random, text }))
}

const stopped = (text: string, stop: ChatRequest["stop"]): string =>
  (typeof stop === "string" ? [stop] : (stop ?? []))
    .filter((end) => end !== "")
    .reduce((left, end) => left.split(end, 1)[0]!, text)

const callOf = (question: string, tool: Tool.Callable, random: () => number): LookingUp.Call => {
  const own = new Set(Tool.partsOf(tool.name))
  const words = Text.wordsOf(question).filter((word) => !own.has(word))
  const text = () => words[Math.floor(random() * words.length)] ?? "anything"
  const schema = tool.parameters ?? { type: "object" }
  return { name: tool.name, json: JSON.stringify(JsonExample.make(schema, { random, text })) }
}

const limited = (reply: Reply, most: number): Reply => {
  if (lengthOf(reply) <= most) return reply
  let left = most - reply.tokens.length
  const calls = reply.calls.flatMap(({ name, tokens }) => {
    const kept = left > 0 ? [{ name, tokens: tokens.slice(0, left - 1) }] : []
    left -= 1 + tokens.length
    return kept
  })
  return { tokens: reply.tokens.slice(0, most), calls, finishReason: "length" }
}

const saidOf = (settings: Settings, request: ChatRequest, random: () => number): Skills.Said => {
  const understood = Skills.answer(request, {
    slipRate: settings.slipRate,
    prose: (kind, about) => prose(settings, kind, about, random),
    random
  })
  if (understood !== undefined) return understood
  const offer = offerOf(request)
  const calls = Tool.choose(offer).map((tool) => callOf(offer.question, tool, random))
  return calls.length > 0 ? { calls } : { text: textFor(settings, request, random) }
}

const write = (settings: Settings, request: ChatRequest, random: () => number): Reply => {
  const said = saidOf(settings, request, random)
  const reply: Reply =
    "text" in said
      ? { tokens: Tokens.split(stopped(said.text, request.stop)), calls: [], finishReason: "stop" }
      : {
          tokens: [],
          calls: said.calls.map(({ json, name }) => ({ name, tokens: Tokens.split(json) })),
          finishReason: "tool_calls"
        }
  return limited(reply, maxTokens(request))
}

/** Makes up as many replies as are asked for; the same seed and messages give the same ones. */
export const make = (settings: Settings, request: ChatRequest): Effect.Effect<ReadonlyArray<Reply>> =>
  Effect.service(Random.Random).pipe(
    Effect.map((random) =>
      Array.from({ length: request.n ?? 1 }, () => write(settings, request, () => random.nextDoubleUnsafe()))
    ),
    Random.withSeed(Hash.string(JSON.stringify([settings.seed, request.messages])))
  )
