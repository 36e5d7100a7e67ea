import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"
import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"
import { merge, type Usage, usageIn } from "../Usage.ts"
import type { Event } from "./SseSplitter.ts"
import type { Purpose, StreamReader } from "./StreamReader.ts"
import { written } from "./WrittenText.ts"

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (Predicate.isObject(value) ? (value as Fields) : {})

/** Reads events that name their types, one of which ends the answer. */
abstract class TypedStreamReader implements StreamReader {
  begun = false
  complete = false
  reported: ReportedError.ReportedError | undefined
  usage: Usage | undefined
  tokens = 0

  /** The types of events that end an answer. */
  protected abstract readonly ends: ReadonlySet<string>
  /** Counts what an event took and wrote. */
  protected abstract count(event: Fields, type: string): void

  get terminated(): boolean {
    return this.complete || this.reported !== undefined
  }

  onEvent({ data, name }: Event): Purpose {
    const value = Json.parseText(data)
    const event = fieldsOf(value)
    const type = Predicate.isString(event["type"]) ? event["type"] : (name ?? "")
    if (type === "ping") return "comment"
    const error = ReportedError.of(value, name)
    this.reported ??= error
    this.count(event, type)
    if (error !== undefined) return "error"
    // Of neither API; some endpoints write it all the same.
    this.begun ||= data.trim() !== "[DONE]"
    if (this.ends.has(type)) this.complete = true
    return "answer"
  }
}

const stop = new Set(["message_stop"])

/** Reads the events of Anthropic's Messages API; the usage of each counts from the beginning. */
export class MessageStreamReader extends TypedStreamReader {
  protected readonly ends = stop

  protected count(event: Fields, type: string): void {
    const { content_block: block, delta, message } = event
    this.usage = merge(merge(this.usage, usageIn(message)), usageIn(event))
    // What a `message_delta` writes is why the message ends.
    if (type === "content_block_start" || type === "content_block_delta") this.tokens += written(block ?? delta)
  }
}

const outcomes = new Set(["response.completed", "response.incomplete", "response.cancelled"])

/** Reads the events of OpenAI's Responses API, which one that names the outcome ends. */
export class ResponseStreamReader extends TypedStreamReader {
  protected readonly ends = outcomes

  protected count({ delta, response }: Fields): void {
    this.usage = merge(this.usage, usageIn(response))
    if (Predicate.isString(delta)) this.tokens += expected(delta)
  }
}
