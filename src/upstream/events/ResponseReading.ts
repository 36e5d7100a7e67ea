import { Predicate } from "effect"
import { expected } from "../../tokenizer/Estimate.ts"
import * as Json from "../Json.ts"
import { type Usage, usageIn } from "../Usage.ts"
import type { Reading } from "./Reading.ts"
import type { Event } from "./Splitter.ts"

const ends = new Set(["response.completed", "response.incomplete", "response.cancelled"])
const failures = new Set(["response.failed", "error"])

/** Reads the events of a response, which one that names its outcome ends. */
export class ResponseReading implements Reading {
  complete = false
  failed = false
  usage: Usage | undefined
  tokens = 0

  get over(): boolean {
    return this.complete || this.failed
  }

  hear({ data, name }: Event): boolean {
    const value = Json.parseText(data)
    const event = Predicate.isObject(value) ? (value as Readonly<Record<string, unknown>>) : {}
    const type = Predicate.isString(event["type"]) ? event["type"] : (name ?? "")
    if (Predicate.isString(event["delta"])) this.tokens += expected(event["delta"])
    if (failures.has(type)) this.failed = true
    if (ends.has(type)) this.complete = true
    this.usage = usageIn(event["response"]) ?? this.usage
    return false
  }
}
