import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"
import * as Json from "../Json.ts"
import { type Usage, usageIn } from "../Usage.ts"
import type { Reading } from "./Reading.ts"
import type { Event } from "./Splitter.ts"

// Endpoints take no more; whatever claims to be further is one.
const mostChoices = 1024

const tokens = (value: unknown): number => (Predicate.isString(value) ? expected(value) : 0)

const called = (call: unknown): number =>
  Predicate.hasProperty(call, "function") && Predicate.isObject(call.function)
    ? tokens((call.function as Record<string, unknown>)["arguments"])
    : 0

const written = (choice: Readonly<Record<string, unknown>>): number => {
  const delta = Predicate.isObject(choice["delta"]) ? (choice["delta"] as Record<string, unknown>) : {}
  const calls = Array.isArray(delta["tool_calls"]) ? delta["tool_calls"] : []
  return (
    tokens(choice["text"]) +
    tokens(delta["content"]) +
    tokens(delta["reasoning_content"]) +
    calls.reduce<number>((sum, call) => sum + called(call), 0)
  )
}

/** Reads the chunks of a chat or a completion, which `[DONE]` or a reason to finish for each choice ends. */
export class ChatReading implements Reading {
  readonly #unfinished = new Set<number>()
  readonly #finished = new Set<number>()
  over = false
  failed = false
  usage: Usage | undefined
  tokens = 0

  get complete(): boolean {
    return this.over || (this.#finished.size > 0 && this.#unfinished.size === 0)
  }

  hear({ data, name }: Event): boolean {
    if (data.trim() === "[DONE]") {
      this.over = true
      return false
    }
    const value = Json.parseText(data)
    if (!Predicate.isObject(value)) return false
    const chunk = value as Readonly<Record<string, unknown>>
    if (name === "error" || (chunk["error"] ?? null) !== null) this.failed = true
    const usage = usageIn(chunk)
    this.usage = usage ?? this.usage
    const choices: ReadonlyArray<unknown> = Array.isArray(chunk["choices"]) ? chunk["choices"] : []
    for (const choice of choices) if (Predicate.isObject(choice)) this.#choice(choice as Record<string, unknown>)
    return usage !== undefined && Array.isArray(chunk["choices"]) && choices.length === 0
  }

  #choice(choice: Readonly<Record<string, unknown>>): void {
    this.tokens += written(choice)
    const { finish_reason: reason } = choice
    const index = Math.min(Number(choice["index"] ?? 0), mostChoices)
    if (Predicate.isString(reason) && reason !== "") {
      if (reason === "error") this.failed = true
      this.#unfinished.delete(index)
      this.#finished.add(index)
    } else if (!this.#finished.has(index)) {
      this.#unfinished.add(index)
    }
  }
}
