import { Cause, Duration, Exit, Option, Predicate } from "effect"
import { Rejection } from "./Rejection.ts"

const number = (value: unknown): number | undefined =>
  typeof value === "number" && !Number.isNaN(value) ? value : undefined

/** The error behind an error with a reason, as Effect's `AiError` and `HttpClientError` have one. */
const reasonOf = (error: object): object =>
  Predicate.hasProperty(error, "reason") && Predicate.isObject(error.reason) ? error.reason : error

/** The HTTP status an error carries, however its library writes it. */
export const statusOf = (error: unknown): number | undefined => {
  if (!Predicate.isObject(error)) return undefined
  const reason = reasonOf(error)
  if (Predicate.hasProperty(reason, "_tag") && reason._tag === "RateLimitError") return 429
  for (const holder of [error, reason]) {
    if (Predicate.hasProperty(holder, "status")) return number(holder.status)
    if (Predicate.hasProperty(holder, "statusCode")) return number(holder.statusCode)
    if (Predicate.hasProperty(holder, "response") && Predicate.hasProperty(holder.response, "status")) {
      return number(holder.response.status)
    }
  }
  return undefined
}

const headerOf = (headers: unknown, name: string): unknown => {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  return Predicate.hasProperty(headers, name) ? headers[name] : undefined
}

const seconds = (header: unknown): number => (header === undefined || header === "" ? NaN : Number(header) * 1000)

/** How long the model asks to be left alone: the error's `retryAfter`, or its `retry-after` headers (RFC 9110, 10.2.3). */
export const retryAfterOf = (error: unknown): Duration.Duration | undefined => {
  if (!Predicate.isObject(error)) return undefined
  const reason = reasonOf(error)
  for (const holder of [error, reason]) {
    if (Predicate.hasProperty(holder, "retryAfter") && Duration.isDuration(holder.retryAfter)) return holder.retryAfter
  }
  if (!Predicate.hasProperty(error, "headers")) return undefined
  const exact = Number(headerOf(error.headers, "retry-after-ms") ?? NaN)
  const millis = Number.isNaN(exact) ? seconds(headerOf(error.headers, "retry-after")) : exact
  return millis >= 0 ? Duration.millis(millis) : undefined
}

/** How long a model that limits its callers asks all of them to wait: the `retryAfter` of a 429. */
export const pauseOf = (error: unknown): Duration.Duration | undefined =>
  statusOf(error) === 429 ? retryAfterOf(error) : undefined

/** Whether an error says that the account has no money left, which no waiting mends. */
const isQuotaExhausted = (error: unknown): boolean =>
  Predicate.isObject(error) &&
  [error, reasonOf(error)].some(
    (holder) =>
      (Predicate.hasProperty(holder, "code") && holder.code === "insufficient_quota") ||
      (Predicate.hasProperty(holder, "_tag") && holder._tag === "QuotaExhaustedError")
  )

/** What an error of Effect's `AiError` family says of itself. */
const toldRetryable = (error: unknown): boolean | undefined =>
  Predicate.hasProperty(error, "isRetryable") && Predicate.isBoolean(error.isRetryable) ? error.isRetryable : undefined

/** Whether the same call may succeed if it is made again. */
export const isTransient = (error: unknown): boolean => {
  // A refusal says itself when to come back; an attempt cut by its timeout is the model's failure.
  if (error instanceof Rejection) return error.reason.code === "upstream_timeout"
  if (isQuotaExhausted(error)) return false
  const told = toldRetryable(error)
  if (told !== undefined) return told
  const status = statusOf(error)
  return status === undefined || status >= 500 || status === 408 || status === 429
}

/** What one attempt says of the model's health. */
export type Verdict = "success" | "failure" | "ignored"

/**
 * Judges an attempt as a circuit breaker for language models should.
 *
 * Timeouts, broken connections, 5xx, 408 and whatever has no status are failures; 429 says nothing, nor does a refusal;
 * another 4xx is an answer, as is an error that says of itself that no retry can mend it.
 */
export const classify = (exit: Exit.Exit<unknown, unknown>): Verdict => {
  if (Exit.isSuccess(exit)) return "success"
  if (Cause.hasDies(exit.cause)) return "failure"
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  if (error instanceof Rejection && !(error.reason._tag === "DeadlineExceeded" && error.reason.started))
    return "ignored"
  const status = statusOf(error) ?? (toldRetryable(error) === false ? 400 : 500)
  if (status >= 500 || status === 408) return "failure"
  return status === 429 ? "ignored" : "success"
}
