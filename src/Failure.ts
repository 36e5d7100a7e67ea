import { Cause, Duration, Exit, Option, Predicate } from "effect"
import { isBrokenConnection, isProgrammingError } from "./ProgrammingError.ts"
import { Rejection } from "./Rejection.ts"
import { RejectionError } from "./Rejection.ts"
import * as RetryAfter from "./RetryAfter.ts"

const number = (value: unknown): number | undefined =>
  typeof value === "number" && !Number.isNaN(value) ? value : undefined

/** The error behind an error with a reason, as Effect's `AiError` and `HttpClientError` have one. */
export const reasonOf = (error: object): object =>
  Predicate.hasProperty(error, "reason") && Predicate.isObject(error.reason) ? error.reason : error

/** What an error, or its reason, calls itself. */
export const tagOf = (reason: object): unknown => (Predicate.hasProperty(reason, "_tag") ? reason._tag : undefined)

const toRejection = (error: unknown): Rejection | undefined => {
  if (error instanceof RejectionError) return new Rejection({ reason: error.reason })
  return error instanceof Rejection ? error : undefined
}

/**
 * The refusal of a gate that an error is, or that another error keeps as the cause of itself or its reason.
 *
 * A `RejectionError`, which a provider's `run` rejects with, is one too.
 */
export const rejectionOf = (error: unknown): Rejection | undefined => {
  const own = toRejection(error)
  if (own !== undefined || !Predicate.isObject(error)) return own
  const holder = reasonOf(error)
  return Predicate.hasProperty(holder, "cause") ? toRejection(holder.cause) : undefined
}

/** Where an error may hold what it was told over HTTP: itself, its reason, and the responses that either keeps. */
const holdersOf = (error: object): ReadonlyArray<object> =>
  [error, reasonOf(error)].flatMap((holder) => {
    const http = Predicate.hasProperty(holder, "http") ? holder.http : holder
    const response = Predicate.hasProperty(http, "response") ? http.response : undefined
    return Predicate.isObject(response) ? [holder, response] : [holder]
  })

/** What errors of Effect's `AiError` family mean where they carry no status. */
const usual: ReadonlyMap<unknown, number> = new Map([
  ["QuotaExhaustedError", 429],
  ["AuthenticationError", 401],
  ["InvalidRequestError", 400],
  ["ContentPolicyError", 400]
])

/** The HTTP status an error carries, however its library writes it, or the one it stands for. */
export const statusOf = (error: unknown): number | undefined => {
  // A gate's refusal is no answer of the model, whatever it is put into.
  if (!Predicate.isObject(error) || rejectionOf(error) !== undefined) return undefined
  if (tagOf(reasonOf(error)) === "RateLimitError") return 429
  for (const holder of holdersOf(error)) {
    if (Predicate.hasProperty(holder, "status")) return number(holder.status)
    if (Predicate.hasProperty(holder, "statusCode")) return number(holder.statusCode)
  }
  return usual.get(tagOf(reasonOf(error)))
}

/** Whether an HTTP status finds fault with the request, as a wrong key or an unknown model does: the model has answered. */
export const isDeclined = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429

/** The status of an answer that a library makes an error of, because it finds fault with the request. */
export const declinedOf = (error: unknown): number | undefined => {
  const status = statusOf(error)
  return status !== undefined && isDeclined(status) ? status : undefined
}

const headerOf = (headers: unknown, name: string): unknown => {
  // Headers of the runtime, or of a package that brings its own.
  const get = Predicate.hasProperty(headers, "get") ? headers.get : undefined
  if (Predicate.isFunction(get)) return get.call(headers, name) ?? undefined
  return Predicate.hasProperty(headers, name) ? headers[name] : undefined
}

const told = (headers: unknown): number =>
  RetryAfter.millisOf(headerOf(headers, "retry-after"), headerOf(headers, "date"))

/** How long the model asks to be left alone: the error's `retryAfter`, or its `retry-after` headers (RFC 9110, 10.2.3). */
export const retryAfterOf = (error: unknown): Duration.Duration | undefined => {
  if (!Predicate.isObject(error)) return undefined
  const reason = reasonOf(error)
  for (const holder of [error, reason]) {
    if (Predicate.hasProperty(holder, "retryAfter") && Duration.isDuration(holder.retryAfter)) return holder.retryAfter
  }
  for (const holder of holdersOf(error)) {
    if (!Predicate.hasProperty(holder, "headers")) continue
    const exact = Number(headerOf(holder.headers, "retry-after-ms") ?? NaN)
    const millis = Number.isNaN(exact) ? told(holder.headers) : exact
    return millis >= 0 ? Duration.millis(millis) : undefined
  }
  return undefined
}

/** How long a model that limits its callers asks all of them to wait: the `retryAfter` of a 429. */
export const cooldownOf = (error: unknown): Duration.Duration | undefined =>
  statusOf(error) === 429 ? retryAfterOf(error) : undefined

/** Whether an error says that the account has no money left, which no waiting mends. */
const isQuotaExhausted = (error: unknown): boolean =>
  Predicate.isObject(error) &&
  [error, reasonOf(error)].some(
    (holder) =>
      (Predicate.hasProperty(holder, "code") && holder.code === "insufficient_quota") ||
      (Predicate.hasProperty(holder, "_tag") && holder._tag === "QuotaExhaustedError")
  )

/** The code that an error was told over HTTP, where the official SDK, Effect's `AiError` and the AI SDK keep it. */
const codeOf = (error: unknown): unknown => {
  const at = (value: unknown, name: string): unknown => (Predicate.hasProperty(value, name) ? value[name] : undefined)
  const reason = Predicate.isObject(error) ? reasonOf(error) : undefined
  return (
    at(error, "code") ?? at(at(at(reason, "metadata"), "openai"), "code") ?? at(at(at(error, "data"), "error"), "code")
  )
}

/** Whether an error is the refusal of another gate, told over HTTP: such a call has not reached the model. */
const isRefusalTold = (error: unknown): boolean => {
  const [status, code] = [statusOf(error), codeOf(error)]
  if (status === 503) return code === "circuit_open" || code === "shutting_down"
  // One that had started says nothing of when to come back.
  return status === 504 && code === "deadline_exceeded" && retryAfterOf(error) !== undefined
}

/** What an error of Effect's `AiError` family says of itself. */
const toldRetryable = (error: unknown): boolean | undefined =>
  Predicate.hasProperty(error, "isRetryable") && Predicate.isBoolean(error.isRetryable) ? error.isRetryable : undefined

/** Whether the same call may succeed if it is made again. */
export const isTransient = (error: unknown): boolean => {
  // A refusal says itself when to come back; an attempt cut by its timeout is the model's failure.
  const rejection = rejectionOf(error)
  if (rejection !== undefined) return rejection.reason.code === "upstream_timeout"
  if (isQuotaExhausted(error)) return false
  const told = toldRetryable(error)
  if (told !== undefined) return told
  const status = statusOf(error)
  if (status === undefined) return !isProgrammingError(error)
  return status >= 500 || status === 408 || status === 429
}

/** Errors of Effect's `AiError` family that find fault with what the model said: it answered all the same. */
const aboutContent = new Set<unknown>([
  "InvalidOutputError",
  "StructuredOutputError",
  "ToolNotFoundError",
  "ToolParameterValidationError",
  "InvalidToolResultError",
  "ToolResultEncodingError"
])

const isAnswer = (error: unknown): boolean => {
  const tag = Predicate.isObject(error) ? tagOf(reasonOf(error)) : undefined
  // What does not even have the shape of a reply is a broken endpoint, though no retry mends it.
  return aboutContent.has(tag) || (tag !== "InvalidResponseError" && toldRetryable(error) === false)
}

/** Whether a defect is an error of the model that the program did not expect, and no bug of the program. */
const isOfModel = (defect: unknown): boolean =>
  statusOf(defect) !== undefined ||
  rejectionOf(defect) !== undefined ||
  toldRetryable(defect) !== undefined ||
  isBrokenConnection(defect)

/** What an attempt says of the model's health. */
export type Verdict = "success" | "failure" | "ignored"

/**
 * Judges an attempt as a circuit breaker for language models should.
 *
 * Timeouts, broken connections, 5xx, 408, replies of another shape and other errors without a status are failures. Nothing is
 * said by any other 4xx, by a refusal (of a gate here, or of one in front of the model that reports it over HTTP), by a
 * mistake of the program (a `TypeError`, `ReferenceError` or `RangeError` that is no broken connection), or by a defect that
 * is no error of the model. An error that finds fault with what the model said is a success: it answered.
 */
export const classify = (exit: Exit.Exit<unknown, unknown>): Verdict => {
  if (Exit.isSuccess(exit)) return "success"
  const failed = Cause.findErrorOption(exit.cause)
  const error = Option.isSome(failed) ? failed.value : Cause.squash(exit.cause)
  if (Option.isNone(failed) && !isOfModel(error)) return "ignored"
  const reason = rejectionOf(error)?.reason
  if (reason !== undefined) {
    // A reader that stalls says nothing of the model.
    return reason._tag === "DeadlineExceeded" && reason.started && reason.limit !== "reader" ? "failure" : "ignored"
  }
  if (isRefusalTold(error)) return "ignored"
  const status = statusOf(error)
  if (status !== undefined) return status >= 500 || status === 408 ? "failure" : status >= 400 ? "ignored" : "success"
  if (isProgrammingError(error)) return "ignored"
  return isAnswer(error) ? "success" : "failure"
}
