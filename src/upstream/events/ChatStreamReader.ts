import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"
import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"
import { merge, type Usage, usageIn } from "../Usage.ts"
import type { Purpose, StreamReader } from "./StreamReader.ts"
import type { Event } from "./SseSplitter.ts"
import { written } from "./WrittenText.ts"

// Endpoints take no more; whatever claims to be further is one.
const mostChoices = 1024

type Fields = Readonly<Record<string, unknown>>

const nothing: Fields = {}

const fieldsOf = (value: unknown): Fields => (Predicate.isObject(value) ? (value as Fields) : nothing)

// What is nested deeper counts as something, and could exhaust the stack.
const deepest = 8

const isEmpty = (value: unknown, depth = 0): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (depth < deepest && Predicate.isObjectOrArray(value) && Object.values(value).every((one) => isEmpty(one, depth + 1)))

/** Whether a delta says no more than a role. */
const isOnlyRole = (delta: Fields): boolean =>
  Object.keys(delta).every((name) => name === "role" || isEmpty(delta[name]))

const key = '"content":"'

// Neither the end of a string nor anything that a string may not hold as it is.
const isPlain = (text: string): boolean => /^[^"\\\p{Cc}]*$/u.test(text)

/**
 * The JSON around the text of a chunk: chunks of one stream differ in that text alone, and need not be parsed for it.
 *
 * A text without quotes, backslashes and control characters between the same bytes is the same JSON with another text.
 */
class TextTemplate {
  #before = ""
  #after = ""

  /** Learns the template from a chunk, if its text stands there once and as it is. */
  learn(data: string, text: string): void {
    const start = data.indexOf(key) + key.length
    const end = start + text.length
    const isThere = start >= key.length && data.startsWith(`${text}"`, start) && !data.includes(key, start)
    this.#before = isThere && isPlain(text) ? data.slice(0, start) : ""
    this.#after = data.slice(end)
  }

  /** The text of a chunk of the template; `undefined` if the chunk is another. */
  textOf(data: string): string | undefined {
    const [before, after] = [this.#before, this.#after]
    const end = data.length - after.length
    if (before === "" || end < before.length || !data.startsWith(before) || !data.endsWith(after)) return undefined
    const text = data.slice(before.length, end)
    return isPlain(text) ? text : undefined
  }
}

/** Reads the chunks of a chat or a completion, which `[DONE]` or a reason to finish for each choice ends. */
export class ChatStreamReader implements StreamReader {
  readonly #unfinished = new Set<number>()
  readonly #finished = new Map<number, string>()
  readonly #template = new TextTemplate()
  begun = false
  terminated = false
  reported: ReportedError.ReportedError | undefined
  usage: Usage | undefined
  tokens = 0

  get complete(): boolean {
    return this.terminated || (this.#finished.size > 0 && this.#unfinished.size === 0)
  }

  onEvent({ data, name }: Event): Purpose {
    const text = name === undefined ? this.#template.textOf(data) : undefined
    if (text !== undefined) {
      this.tokens += expected(text)
      return "answer"
    }
    if (data.trim() === "[DONE]") {
      this.terminated = true
      return "answer"
    }
    const chunk = Json.parseText(data)
    const error = ReportedError.of(chunk, name)
    this.reported ??= error
    if (!Predicate.isObject(chunk)) return error === undefined ? "answer" : "error"
    const usage = usageIn(chunk)
    this.usage = merge(this.usage, usage)
    const { begun } = this
    const says = this.#choices((chunk as Fields)["choices"])
    if (error !== undefined) {
      this.begun = begun
      return "error"
    }
    if (usage !== undefined) return says ? "answer" : "usage"
    if (name === undefined) this.#learn(data, (chunk as Fields)["choices"])
    return "answer"
  }

  /** Learns from a chunk that says no more than a text: another with the same bytes around its text changes no more. */
  #learn(data: string, choices: unknown): void {
    if (!Array.isArray(choices) || choices.length !== 1) return
    const { delta, index: _, ...others } = fieldsOf(choices[0])
    const { content, ...more } = fieldsOf(delta)
    if (Predicate.isString(content) && isEmpty(others) && isEmpty(more)) this.#template.learn(data, content)
  }

  /** Reads the choices of a chunk; whether any of them says something. */
  #choices(choices: unknown): boolean {
    let says = false
    if (!Array.isArray(choices)) return says
    for (const choice of choices) if (Predicate.isObject(choice) && this.#choice(choice as Fields)) says = true
    return says
  }

  #choice(choice: Fields): boolean {
    const index = Math.min(Number(choice["index"] ?? 0), mostChoices)
    const { delta, finish_reason: reason, message, text } = choice
    const said = fieldsOf(delta)
    const isKnown = this.#unfinished.has(index) || this.#finished.has(index)
    const isNews = Predicate.isString(reason) && reason !== "" && this.#finished.get(index) !== reason
    this.begun = true
    this.tokens += written(delta) + written(message) + (text === undefined ? 0 : written({ text }))
    if (Predicate.isString(reason) && reason !== "") {
      this.#unfinished.delete(index)
      this.#finished.set(index, reason)
    } else if (!this.#finished.has(index)) {
      this.#unfinished.add(index)
    }
    // The role is said once, with the first chunk of a choice.
    return isNews || !isOnlyRole(said) || !isEmpty(message) || !isEmpty(text) || (!isKnown && !isEmpty(said["role"]))
  }
}
