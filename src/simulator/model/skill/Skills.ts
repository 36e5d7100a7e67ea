import { type ChatRequest, offerOf, textOf } from "../ChatRequest.ts"
import * as Text from "../Text.ts"
import * as Asked from "./Asked.ts"
import { choice, ranking } from "./Choices.ts"
import { appointment } from "./Diary.ts"
import { field } from "./Finding.ts"
import * as LookingUp from "./LookingUp.ts"
import { plan } from "./Planning.ts"
import * as Reading from "./Reading.ts"
import { reflect } from "./Reflecting.ts"
import type { Skill } from "./Skill.ts"
import * as Slip from "./Slip.ts"
import { charge, conversion, total } from "./Sums.ts"

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
  return { text: Asked.isProseWanted(request) ? `${prose(kind, about)}\n${json}` : json }
}

const done = (request: ChatRequest, keys: ReadonlyArray<string>, options: Options): Said | undefined => {
  const reading = Reading.of(request)
  const calls = LookingUp.calls(reading, offerOf(request))
  if (calls.length > 0) return { calls }
  for (const skill of skills) {
    const right = skill(reading)
    if (right === undefined) continue
    const value = options.random() < options.slipRate ? Slip.of(right, reading.items, options.random) : right
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
  const keys = Asked.keysOf(request)
  if (keys.length === 0) return undefined
  const planned = plan(text, keys)
  return planned === undefined ? done(request, keys, options) : worded(request, planned, "plan", text, options)
}
