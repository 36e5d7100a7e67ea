import { Predicate } from "effect"
import { type ChatRequest, offerOf, textOf } from "../ChatRequest.ts"
import * as Text from "../Text.ts"
import * as LookingUp from "./LookingUp.ts"
import * as Reading from "./Reading.ts"
import { appointment, charge, choice, conversion, field, ranking, type Skill, total } from "./Tasks.ts"
import * as Tasks from "./Tasks.ts"
import { plan, reflect } from "./Planning.ts"

const shown = /\bJSON\b[^{}]{0,60}\{([^{}]*)\}/gi
const named = /\bJSON\b[^."\n]{0,60}\bkeys? ((?:"\w+"(?:,? (?:and )?)?)+)/gi

const listOf = (keys: string): ReadonlyArray<string> =>
  keys.split(/,| and /).flatMap((key) => key.match(/^\W*(\w+)/)?.[1] ?? [])

/** The keys of the JSON object that a request asks for; none if it asks for none. */
export const keysOf = ({ messages, response_format: format }: ChatRequest): ReadonlyArray<string> => {
  const schema = format?.json_schema?.schema
  if (Predicate.hasProperty(schema, "properties") && Predicate.isObject(schema.properties)) {
    return Object.keys(schema.properties)
  }
  for (const message of messages.toReversed()) {
    if (message.role === "assistant" || message.role === "tool") continue
    const text = textOf(message)
    const last = [...text.matchAll(shown), ...text.matchAll(named)].at(-1)
    if (last?.[1] !== undefined) return listOf(last[1])
  }
  return []
}

/** Whether a request asks for thoughts before the answer. */
export const isProseWanted = ({ messages }: ChatRequest): boolean =>
  messages.some(
    (message) => message.role !== "assistant" && /\bstep by step\b|\bfirst describe\b/i.test(textOf(message))
  )

/** What a model says, or the tools it calls before it does. */
export type Said = { readonly text: string } | { readonly calls: ReadonlyArray<LookingUp.Call> }

const skills: ReadonlyArray<Skill> = [LookingUp.looked, appointment, choice, ranking, conversion, charge, field, total]

interface Options {
  /** Share of results that are wrong. */
  readonly slipRate: number
  /** Thoughts of a natural length. */
  readonly prose: (kind: Text.Kind, about: string) => string
  readonly random: () => number
}

const worded = (request: ChatRequest, value: unknown, kind: Text.Kind, about: string, { prose }: Options): Said => {
  const json = JSON.stringify(value)
  return { text: isProseWanted(request) ? `${prose(kind, about)}\n${json}` : json }
}

const done = (request: ChatRequest, keys: ReadonlyArray<string>, options: Options): Said | undefined => {
  const reading = Reading.of(request)
  const calls = LookingUp.calls(reading, offerOf(request))
  if (calls.length > 0) return { calls }
  for (const skill of skills) {
    const right = skill(reading)
    if (right === undefined) continue
    const value = options.random() < options.slipRate ? Tasks.mistake(right, reading.items, options.random) : right
    return worded(request, { [keys[0]!]: value }, "chat", reading.instruction, options)
  }
  return LookingUp.isNeeded(reading) ? { text: "That cannot be told without looking it up." } : undefined
}

// Looking for patterns in a text takes time that grows faster than the text.
const longest = 60_000

/** Answers a request whose words it understands, from those words alone; `undefined` if it does not. */
export const answer = (request: ChatRequest, options: Options): Said | undefined => {
  const texts = request.messages.filter(({ role }) => role !== "assistant" && role !== "tool").map(textOf)
  const text = texts.join("\n")
  if (text.length > longest) return undefined
  const reflected = reflect(text, options.random)
  if (reflected !== undefined) return { text: reflected }
  const keys = keysOf(request)
  if (keys.length === 0) return undefined
  const planned = plan(text, keys)
  return planned === undefined ? done(request, keys, options) : worded(request, planned, "plan", text, options)
}
