import { Result } from "effect"
import type { CallOptions } from "../Call.ts"
import { isRetried as isMarked } from "../engine/PromiseCall.ts"
import { labels, parseLabel } from "../config/Field.ts"
import { type ErrorReply, invalidRequest } from "./ErrorReply.ts"

type Headers = Readonly<Record<string, string>>

const priorities: Readonly<Record<string, number>> = { high: 0, normal: 1, low: 2, "0": 0, "1": 1, "2": 2 }
const longest = 86_400_000

/** Reads the options of a call from its request headers; `key` is the caller if no header names one. */
export const read = (headers: Headers, key: string | undefined): Result.Result<CallOptions, ErrorReply> => {
  const faults: Array<ErrorReply> = []
  const value = <A>(name: string, parse: (text: string) => A | undefined, allowed: string): A | undefined => {
    const text = headers[name]
    if (text === undefined) return undefined
    const parsed = parse(text.trim())
    if (parsed === undefined) faults.push(invalidRequest(name, `The header ${name} must be ${allowed}.`))
    return parsed
  }
  const options: CallOptions = {
    priority: value("x-headgate-priority", toPriority, "high, normal or low, or 0, 1 or 2 for the same"),
    purpose: value("x-headgate-purpose", parseLabel, `a label of ${labels}`),
    caller: value("x-headgate-caller", parseLabel, `a name of ${labels}`) ?? key,
    deadline: earlier(
      value("x-headgate-deadline-ms", toMillis, `whole milliseconds from 1 to ${longest}`),
      value("x-stainless-timeout", toPatience, "seconds from 0")
    )
  }
  const [fault] = faults
  return fault === undefined ? Result.succeed(options) : Result.fail(fault)
}

const toPriority = (text: string) => (Object.hasOwn(priorities, text) ? priorities[text] : undefined)

const toMillis = (text: string) => {
  const millis = /^\d{1,8}$/.test(text) ? Number(text) : 0
  return millis >= 1 && millis <= longest ? millis : undefined
}

// Clients round down: 0 is a timeout of less than a second.
const toPatience = (text: string) =>
  /^\d+(\.\d+)?$/.test(text) ? Math.min(longest, 1000 * Math.max(1, Number(text))) : undefined

const earlier = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)

/** OpenAI's clients send it with each request: how many retries of their own it follows. */
const retryCount = "x-stainless-retry-count"

/** Whether a call may be a client's own retry: then the gate makes none, or retries would multiply. */
export const isRetried = (headers: Headers, signal?: AbortSignal): boolean =>
  Number(headers[retryCount]) > 0 || isMarked(signal)

/** Asks a client that makes retries to make none of a failure that the gate has retried already. */
export const noFurtherRetries = (headers: Headers, attempts: number): Headers =>
  attempts > 1 && headers[retryCount] !== undefined ? { "x-should-retry": "false" } : {}
