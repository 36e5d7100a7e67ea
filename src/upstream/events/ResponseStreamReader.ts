import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"
import * as Json from "../Json.ts"
import * as ReportedError from "../ReportedError.ts"
import { merge, type Usage, usageIn } from "../Usage.ts"
import type { Purpose, StreamReader } from "./StreamReader.ts"
import type { Event } from "./SseSplitter.ts"

const ends = new Set(["response.completed", "response.incomplete", "response.cancelled"])

/** Reads the events of a response, which one that names its outcome ends. */
export class ResponseStreamReader implements StreamReader {
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
    const event = Predicate.isObject(value) ? (value as Readonly<Record<string, unknown>>) : {}
    const type = Predicate.isString(event["type"]) ? event["type"] : (name ?? "")
    const error = ReportedError.of(value, name)
    this.reported ??= error
    this.usage = merge(this.usage, usageIn(event["response"]))
    if (error !== undefined) return "error"
    this.begun ||= data.trim() !== "[DONE]"
    if (Predicate.isString(event["delta"])) this.tokens += expected(event["delta"])
    if (ends.has(type)) this.complete = true
    return "answer"
  }
}
