import { Predicate } from "effect"
import * as RetryAfter from "../RetryAfter.ts"

/** An error that an answer of status 200 reports in its body. */
export interface ReportedError {
  /** The HTTP status that it names, or stands for. */
  readonly status: number
  /** Its code, as it stands there. */
  readonly code: unknown
  /** Milliseconds that it asks to wait, if it does. */
  readonly retryAfterMs: number | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** The status of an error that names none: the endpoint failed in some way. */
const unknown = 502

// The first that matches counts, so what is narrower stands first. Names are compared without case and separators.
const words: ReadonlyArray<readonly [RegExp, number]> = [
  [
    /ratelimit|toomanyrequests|throttl|quota|resourceexhausted|capacityexceeded|queuefull|limitrequests|limitburst/,
    429
  ],
  [/^(?:requests|tokens)$|concurrency/, 429],
  [/overloaded|atcapacity/, 529],
  [/unavailable|outofmemory|maintenance|loading|nocapacity|noavailable|slowdown|circuitopen|shuttingdown/, 503],
  [/timeout|timedout|deadlineexceeded/, 504],
  [/badgateway|upstream|provider|(?:invalid|empty|no|bad)response/, 502],
  [/apikey|authentication|unauthenticated|unauthorized|invalidtoken/, 401],
  [/billing|credits|balance|budget|paymentrequired/, 402],
  [/permission|forbidden|accessdenied|moderation|deactivated/, 403],
  [/notfound|doesnotexist|unknownmodel|nosuch/, 404],
  [/toolarge/, 413],
  [/unprocessable|validation/, 422],
  [/cancel/, 499],
  [/unimplemented|notimplemented/, 501],
  [/modelerror|streamerror|internal|servererror|apierror|generation|^unknown(?:error)?$/, 500],
  [/^aborted$|conflict|alreadyexists/, 409],
  [/badrequest|invalid|unsupported|malformed|missing|required|unknownparameter|unrecognized|notallowed/, 400],
  [/context|contentfilter|policy|safety|blocked|toolong|maxlength|maxtokens|precondition|outofrange/, 400],
  [/tooluse|toolcall|jsonvalidate|parseerror|image|neveradmissible|^(?:request|client|user)error$/, 400]
]

const objectOf = (value: unknown): Fields | undefined =>
  Predicate.isObject(value) && !Array.isArray(value) ? (value as Fields) : undefined

const ofNumber = (value: unknown): number | undefined => {
  const status = Predicate.isString(value) && /^\d{3}$/.test(value.trim()) ? Number(value) : value
  return Predicate.isNumber(status) && Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined
}

const ofWord = (value: unknown): number | undefined => {
  if (!Predicate.isString(value)) return undefined
  const name = value.toLowerCase().replace(/[^a-z]/g, "")
  return words.find(([pattern]) => pattern.test(name))?.[1]
}

const numbered = ["status", "status_code", "statusCode", "http_status", "http_code", "code"] as const
const worded = ["code", "type", "status", "error_type", "reason"] as const

const first = <A>(names: ReadonlyArray<string>, holder: Fields, read: (value: unknown) => A | undefined) => {
  for (const name of names) {
    const found = read(holder[name])
    if (found !== undefined) return found
  }
  return undefined
}

const statusOf = (error: Fields, around: Fields): number =>
  first(numbered, error, ofNumber) ??
  first(numbered, around, ofNumber) ??
  first(worded, error, ofWord) ??
  first(["error_type", "code", "status"], around, ofWord) ??
  unknown

const textOf = (value: unknown): string | undefined =>
  Predicate.isString(value) ? value : Predicate.isNumber(value) ? String(value) : undefined

/** Headers that an error quotes, such as those of the provider behind a router. */
const quoted = (headers: unknown): number => {
  if (!Predicate.isObject(headers)) return NaN
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), textOf(value)]))
  return RetryAfter.ofHeaders((name) => byName.get(name))
}

/** A duration of Protocol Buffers in JSON, such as `34.5s`. */
const ofProtobuf = (value: unknown): number => {
  const [, seconds] = Predicate.isString(value) ? (/^(\d+(?:\.\d+)?)s$/.exec(value.trim()) ?? []) : []
  return seconds === undefined ? NaN : Number(seconds) * 1000
}

const inDetails = (details: unknown): ReadonlyArray<number> =>
  Array.isArray(details)
    ? details.map((each) => (Predicate.hasProperty(each, "retryDelay") ? ofProtobuf(each.retryDelay) : NaN))
    : []

/** How long an error in words asks to wait, in milliseconds, if it does. */
const retryDelayOf = (error: Fields): number | undefined => {
  const metadata = Predicate.isObject(error["metadata"]) ? (error["metadata"] as Fields) : {}
  const seconds = error["retry_after"] ?? error["retryAfter"] ?? error["retry_after_seconds"]
  const millis = error["retry_after_ms"] ?? error["retryAfterMs"]
  return [
    RetryAfter.ofHeaders((name) => (name === "retry-after-ms" ? millis : name === "retry-after" ? seconds : undefined)),
    quoted(error["headers"]),
    quoted(metadata["headers"]),
    ...inDetails(error["details"])
  ].find((wait) => !Number.isNaN(wait))
}

const isError = (value: unknown): boolean =>
  Predicate.isString(value) ? value.trim() !== "" : value === true || objectOf(value) !== undefined

const reported = (error: unknown, around: Fields): ReportedError => {
  const outer = objectOf(error) ?? {}
  const fields = objectOf(outer["error"]) ?? outer
  return {
    status: statusOf(fields, fields === outer ? around : { ...around, ...outer }),
    // Anthropic's API has it apart from the message.
    code: fields["code"] ?? objectOf(fields["details"])?.["error_code"] ?? undefined,
    retryAfterMs: retryDelayOf(fields) ?? retryDelayOf(around)
  }
}

/** The error of a choice that ended with one. */
const inChoices = (value: Fields): ReportedError | undefined => {
  if (!Array.isArray(value["choices"])) return undefined
  for (const each of value["choices"]) {
    const choice = objectOf(each)
    if (choice === undefined) continue
    if (isError(choice["error"])) return reported(choice["error"], choice)
    if (choice["finish_reason"] === "error") return reported(undefined, choice)
  }
  return undefined
}

/** The error that a value of an answer reports: a whole body, a chunk of a chat, or an event of a response. */
export const of = (value: unknown, event?: string): ReportedError | undefined => {
  const fields = objectOf(Array.isArray(value) && value.length === 1 ? value[0] : value) ?? {}
  if (isError(fields["error"])) return reported(fields["error"], fields)
  const isWhole = event === "error" || fields["type"] === "error" || fields["object"] === "error"
  if (isWhole) return reported(fields, {})
  const response = objectOf(fields["response"])
  if (response !== undefined && isError(response["error"])) return reported(response["error"], response)
  if (fields["type"] === "response.failed" || event === "response.failed" || isFailedResponse(fields)) {
    return reported(undefined, {})
  }
  return inChoices(fields)
}

const isFailedResponse = ({ object, status }: Fields): boolean => object === "response" && status === "failed"
