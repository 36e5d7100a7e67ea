import { Option, Predicate, Schema } from "effect"
import { type ChatRequest, textOf } from "../ChatRequest.ts"
import * as Text from "../Text.ts"

/** A number and the word after it, which is its unit if it has one. */
export interface Quantity {
  readonly value: number
  readonly unit: string
}

/** A line of a list. */
export interface Item {
  readonly name: string
  /** What is said of it. */
  readonly text: string
  readonly quantities: ReadonlyArray<Quantity>
}

/** A task as a model reads it in the messages: all it knows of it stands there. */
export interface Reading {
  /** What to do: the task without its list. */
  readonly instruction: string
  readonly items: ReadonlyArray<Item>
  /** Sentences, from anywhere in the messages, that share words with the instruction. */
  readonly remarks: ReadonlyArray<string>
  /** The calls of tools so far, with their arguments as JSON. */
  readonly called: string
  /** What tools have answered, as far as it is JSON. */
  readonly found: ReadonlyArray<Readonly<Record<string, unknown>>>
}

/** Splits a text into its sentences and lines. */
export const sentencesOf = (text: string): ReadonlyArray<string> =>
  text
    .split(/(?<=[.!?])\s+|\n/)
    .map((sentence) => sentence.replace(/^[-*\s]+/, "").trim())
    .filter((sentence) => sentence !== "")

/** The numbers of a text. */
export const quantitiesOf = (text: string): ReadonlyArray<Quantity> =>
  [...text.matchAll(/(?<![\w.])(\d+(?:\.\d+)?)\s*(%|\p{L}+)?/gu)].map(([, value, unit = ""]) => ({
    value: Number(value),
    unit: unit.toLowerCase()
  }))

const isItem = (line: string): boolean => /^[ \t]*[-*][ \t]/.test(line)

const itemOf = (line: string): Item => {
  const [name = "", ...said] = line.trim().slice(2).split(":")
  const text = said.join(":").trim()
  return { name: name.trim(), text, quantities: quantitiesOf(text) }
}

const headed = /^.*\btask\b[^:\n]*:[ \t]*\n?/gim

// What follows the last heading that says so; without one, all that the last user says.
const taskOf = ({ messages }: ChatRequest): string => {
  const said = messages.filter(({ role }) => role === "user").map(textOf)
  const marked = said.findLast((text) => text.match(headed) !== null)
  if (marked === undefined) return said.at(-1) ?? ""
  return marked
    .split(headed)
    .at(-1)!
    .split(/\n\s*\n|\n===/)[0]!
}

const stem = (word: string): string => word.replace(/s$/, "")

const stemsOf = (text: string): ReadonlySet<string> => new Set(Text.wordsOf(text).map(stem))

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const argumentsOf = (call: unknown): ReadonlyArray<string> =>
  Predicate.hasProperty(call, "function") &&
  Predicate.hasProperty(call.function, "arguments") &&
  Predicate.isString(call.function.arguments)
    ? [call.function.arguments]
    : []

/** Reads the task of a request. */
export const of = (request: ChatRequest): Reading => {
  const task = taskOf(request)
  const lines = task.split("\n")
  const instruction = lines.filter((line) => !isItem(line)).join("\n")
  const about = stemsOf(instruction)
  const { messages } = request
  return {
    instruction,
    items: lines.filter(isItem).map(itemOf),
    remarks: messages
      .filter(({ role }) => role !== "assistant" && role !== "tool")
      .flatMap((message) => sentencesOf(textOf(message)))
      .filter((sentence) => !instruction.includes(sentence) && [...stemsOf(sentence)].some((word) => about.has(word))),
    called: messages.flatMap(({ tool_calls: calls }) => (calls ?? []).flatMap(argumentsOf)).join(" "),
    found: messages.filter(({ role }) => role === "tool").flatMap((message) => Option.toArray(decode(textOf(message))))
  }
}

/** The first match of a pattern in the remarks. */
export const remark = ({ remarks }: Reading, pattern: RegExp): RegExpMatchArray | undefined => {
  for (const sentence of remarks) {
    const match = sentence.match(pattern)
    if (match !== null) return match
  }
  return undefined
}
