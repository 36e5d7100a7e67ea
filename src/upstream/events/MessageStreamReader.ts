import { Predicate } from "effect"
import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"
import { merge, type Usage, usageIn } from "../Usage.ts"
import type { Event } from "./SseSplitter.ts"
import type { Purpose, StreamReader } from "./StreamReader.ts"
import { written } from "./WrittenText.ts"

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields => (Predicate.isObject(value) ? (value as Fields) : {})

/** Reads the events of Anthropic's Messages API, which `message_stop` ends; the usage of each counts from the beginning. */
export class MessageStreamReader implements StreamReader {
  begun = false
  complete = false
  reported: ReportedError.ReportedError | undefined
  usage: Usage | undefined
  tokens = 0

  get terminated(): boolean {
    return this.complete || this.reported !== undefined
  }

  onEvent({ data, name }: Event): Purpose {
    const value = Json.parseText(data)
    const event = fieldsOf(value)
    const type = Predicate.isString(event["type"]) ? event["type"] : name
    if (type === "ping") return "comment"
    const error = ReportedError.of(value, name)
    this.reported ??= error
    if (error !== undefined) return "error"
    // Not of this API; some endpoints write it all the same.
    this.begun ||= data.trim() !== "[DONE]"
    const { content_block: block, delta, message } = event
    this.usage = merge(merge(this.usage, usageIn(message)), usageIn(event))
    // What a `message_delta` writes is why the message ends.
    if (type === "content_block_start" || type === "content_block_delta") this.tokens += written(block ?? delta)
    if (type === "message_stop") this.complete = true
    return "answer"
  }
}
