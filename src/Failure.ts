import { Cause, Duration, Exit, Option, Predicate } from "effect"
import { isBrokenConnection, isBrokenFetch, isProgrammingError } from "./ProgrammingError.ts"
import { errorOf, Rejection, RejectionError } from "./Rejection.ts"
import * as RetryAfter from "./RetryAfter.ts"

const number = (value: unknown): number | undefined =>
  typeof value === "number" && !Number.isNaN(value) ? value : undefined

/**
 * The `reason` of an error that has one, as Effect's `AiError` and `HttpClientError` have; else the error itself.
 *
 * @example
 * const reason = new ShuttingDown({ retryAfter: undefined })
 *
 * Failure.reasonOf(new Rejection({ reason })) === reason // => true
 */
export const reasonOf = (error: object): object =>
  Predicate.hasProperty(error, "reason") && Predicate.isObject(error.reason) ? error.reason : error

/**
 * The `_tag` of an error or of a reason.
 *
 * @example
 * Failure.tagOf(new ShuttingDown({ retryAfter: undefined })) // => "ShuttingDown"
 */
export const tagOf = (reason: object): unknown => (Predicate.hasProperty(reason, "_tag") ? reason._tag : undefined)

const toRejection = (error: unknown): Rejection | undefined => {
  if (error instanceof RejectionError) return new Rejection({ reason: error.reason })
  return error instanceof Rejection ? error : undefined
}

/**
 * Finds a gate's refusal: the error itself, or the cause of the error or of its reason.
 *
 * A `RejectionError`, which `run` of a provider rejects with, is one too.
 *
 * @example
 * const refused = new Rejection({ reason: new ShuttingDown({ retryAfter: undefined }) })
 *
 * Failure.rejectionOf(new Error("wrapped", { cause: refused })) === refused // => true
 */
export const rejectionOf = (error: unknown): Rejection | undefined => {
  const own = toRejection(error)
  if (own !== undefined || !Predicate.isObject(error)) return own
  const holder = reasonOf(error)
  return Predicate.hasProperty(holder, "cause") ? toRejection(holder.cause) : undefined
}

/** Where an error may hold its HTTP status and headers: itself, its reason, and the responses that either has. */
const holdersOf = (error: object): ReadonlyArray<object> =>
  [error, reasonOf(error)].flatMap((holder) => {
    const http = Predicate.hasProperty(holder, "http") ? holder.http : holder
    const response = Predicate.hasProperty(http, "response") ? http.response : undefined
    return Predicate.isObject(response) ? [holder, response] : [holder]
  })

/** The statuses that errors of Effect's `AiError` family stand for if they carry none. */
const usual: ReadonlyMap<unknown, number> = new Map([
  ["QuotaExhaustedError", 429],
  ["AuthenticationError", 401],
  ["InvalidRequestError", 400],
  ["ContentPolicyError", 400]
])

/**
 * The HTTP status that an error carries (`status`, `statusCode`, or that of its response), or stands for.
 *
 * @example
 * Failure.statusOf(new ModelError(503)) // => 503
 */
export const statusOf = (error: unknown): number | undefined => {
  // A gate's refusal is no answer of the model, whichever error wraps it.
  if (!Predicate.isObject(error) || rejectionOf(error) !== undefined) return undefined
  if (tagOf(reasonOf(error)) === "RateLimitError") return 429
  for (const holder of holdersOf(error)) {
    if (Predicate.hasProperty(holder, "status")) return number(holder.status)
    if (Predicate.hasProperty(holder, "statusCode")) return number(holder.statusCode)
  }
  return usual.get(tagOf(reasonOf(error)))
}

/**
 * Whether an HTTP status rejects the request, as for a wrong key or an unknown model: 4xx other than 408 and 429.
 *
 * @example
 * Failure.isDeclined(401) // => true
 * Failure.isDeclined(429) // => false
 */
export const isDeclined = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 429

/**
 * The HTTP status of an error if it rejects the request.
 *
 * @example
 * Failure.declinedOf(new ModelError(401)) // => 401
 * Failure.declinedOf(new ModelError(503)) // => undefined
 */
export const declinedOf = (error: unknown): number | undefined => {
  const status = statusOf(error)
  return status !== undefined && isDeclined(status) ? status : undefined
}

const headerOf = (headers: unknown, name: string): unknown => {
  // Headers of the runtime, or a class of the same shape.
  const get = Predicate.hasProperty(headers, "get") ? headers.get : undefined
  if (Predicate.isFunction(get)) return get.call(headers, name) ?? undefined
  return Predicate.hasProperty(headers, name) ? headers[name] : undefined
}

/**
 * How long an error asks its caller to wait: its `retryAfter` or `retryAfterMs`, or its `retry-after` headers (RFC 9110, 10.2.3).
 *
 * @example
 * const limited = Object.assign(new ModelError(503), { headers: { "retry-after": "7" } })
 *
 * Failure.retryAfterOf(limited) // => Duration.seconds(7)
 */
export const retryAfterOf = (error: unknown): Duration.Duration | undefined => {
  if (!Predicate.isObject(error)) return undefined
  const reason = reasonOf(error)
  for (const holder of [error, reason]) {
    if (Predicate.hasProperty(holder, "retryAfter") && Duration.isDuration(holder.retryAfter)) return holder.retryAfter
    const millis = Predicate.hasProperty(holder, "retryAfterMs") ? number(holder.retryAfterMs) : undefined
    if (millis !== undefined && millis >= 0) return Duration.millis(millis)
  }
  for (const holder of holdersOf(error)) {
    if (!Predicate.hasProperty(holder, "headers")) continue
    const millis = RetryAfter.ofHeaders((name) => headerOf(holder.headers, name))
    if (millis >= 0) return Duration.millis(millis)
  }
  return undefined
}

/**
 * How long a model that limits its callers asks all of them to wait: the `retryAfter` of a 429.
 *
 * @example
 * const limited = Object.assign(new ModelError(429), { headers: { "retry-after": "7" } })
 *
 * Failure.cooldownOf(limited) // => Duration.seconds(7)
 */
export const cooldownOf = (error: unknown): Duration.Duration | undefined =>
  statusOf(error) === 429 ? retryAfterOf(error) : undefined

/** What OpenAI's and Anthropic's APIs call an account that is used up. */
const quotaCodes = new Set<unknown>(["insufficient_quota", "enforced_spend_limit_reached"])

/** Whether an error says that the quota of the account is used up, which no waiting mends. */
const isQuotaExhausted = (error: unknown): boolean =>
  Predicate.isObject(error) &&
  [error, reasonOf(error)].some(
    (holder) =>
      (Predicate.hasProperty(holder, "code") && quotaCodes.has(holder.code)) ||
      (Predicate.hasProperty(holder, "errorCode") && quotaCodes.has(holder.errorCode)) ||
      (Predicate.hasProperty(holder, "_tag") && holder._tag === "QuotaExhaustedError")
  )

/** The error code of an HTTP response, where the official SDKs, Effect's `AiError` and the AI SDK keep it. */
const codeOf = (error: unknown): unknown => {
  const at = (value: unknown, name: string): unknown => (Predicate.hasProperty(value, name) ? value[name] : undefined)
  const reason = Predicate.isObject(error) ? reasonOf(error) : undefined
  return (
    at(error, "code") ??
    at(error, "errorCode") ??
    at(at(at(reason, "metadata"), "openai"), "code") ??
    at(at(at(error, "data"), "error"), "code")
  )
}

/** Whether an error is another gate's refusal over HTTP: such a call has not reached the model. */
const isRefusalTold = (error: unknown): boolean => {
  const [status, code] = [statusOf(error), codeOf(error)]
  if (status === 503) return code === "circuit_open" || code === "shutting_down"
  // A call that had started gets no `retry-after`.
  return status === 504 && code === "deadline_exceeded" && retryAfterOf(error) !== undefined
}

/** The `isRetryable` of an error that has one, as Effect's `AiError` family does. */
const toldRetryable = (error: unknown): boolean | undefined =>
  Predicate.hasProperty(error, "isRetryable") && Predicate.isBoolean(error.isRetryable) ? error.isRetryable : undefined

const abortNames = new Set<unknown>(["AbortError", "CanceledError", "CancelledError", "APIUserAbortError"])
const abortCodes = new Set<unknown>(["ABORT_ERR", "UND_ERR_ABORTED", "ERR_CANCELED", "ERR_ABORTED"])
const timeoutNames = new Set<unknown>(["TimeoutError", "APIConnectionTimeoutError"])

const namesOf = (error: object): ReadonlyArray<unknown> => [
  Predicate.hasProperty(error, "name") ? error.name : undefined,
  tagOf(error),
  // The official SDK's errors are all named `Error`, and a bundler may put an underscore before a class.
  error.constructor?.name.replace(/^_+/, "")
]

/** How many causes of an error are looked at. */
const mostCauses = 8

/** What an error wraps: its cause, or what it keeps in a field of another name. */
const wrappedBy = (error: object): unknown => {
  for (const name of ["cause", "reason", "error"]) {
    if (Predicate.hasProperty(error, name) && Predicate.isObject(error[name])) return error[name]
  }
  return undefined
}

/** An error, what it wraps, and so on. */
const chainOf = (error: unknown): ReadonlyArray<object> => {
  const chain: Array<object> = []
  for (let at = error; Predicate.isObject(at) && chain.length < mostCauses; at = wrappedBy(at)) chain.push(at)
  return chain
}

const isAbortItself = (error: object): boolean =>
  namesOf(error).some((name) => abortNames.has(name)) ||
  (Predicate.hasProperty(error, "code") && abortCodes.has(error.code)) ||
  (Predicate.hasProperty(error, "__CANCEL__") && error.__CANCEL__ === true)

/**
 * Whether an error says that the program aborted the work, by whatever signal: the error itself, or a cause of it.
 *
 * A signal that a timeout aborts is another matter.
 *
 * @example
 * Failure.isAbort(new DOMException("stopped", "AbortError")) // => true
 * Failure.isAbort(new DOMException("too slow", "TimeoutError")) // => false
 */
export const isAbort = (error: unknown): boolean => {
  // `fetch` rejects with the signal's own reason if that aborts: anything else is a connection that broke.
  if (isBrokenFetch(error)) return false
  const chain = chainOf(error)
  return chain.some(isAbortItself) && !chain.some((each) => namesOf(each).some((name) => timeoutNames.has(name)))
}

/**
 * Whether the same call may succeed if it is repeated.
 *
 * @example
 * Failure.isTransient(new ModelError(503)) // => true
 * Failure.isTransient(new ModelError(401)) // => false
 * Failure.isTransient(new TypeError("x is not a function")) // => false
 */
export const isTransient = (error: unknown): boolean => {
  // A refusal has its own `retryAfter`; an attempt that exceeded its timeout is a failure of the model.
  const rejection = rejectionOf(error)
  if (rejection !== undefined) return rejection.reason.code === "upstream_timeout"
  if (isQuotaExhausted(error) || isAbort(error)) return false
  const told = toldRetryable(error)
  if (told !== undefined) return told
  const status = statusOf(error)
  if (status === undefined) return !isProgrammingError(error)
  return status >= 500 || status === 408 || status === 429
}

/** Errors of Effect's `AiError` family about the content of an answer: the model answered all the same. */
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
  // A reply of another shape means a broken endpoint, though no retry mends it.
  return aboutContent.has(tag) || (tag !== "InvalidResponseError" && toldRetryable(error) === false)
}

/** Whether a defect is an unexpected error of the model, and no bug of the program. */
const isOfModel = (defect: unknown): boolean =>
  statusOf(defect) !== undefined ||
  rejectionOf(defect) !== undefined ||
  toldRetryable(defect) !== undefined ||
  isBrokenConnection(defect)

/** What the end of an attempt means for the model's health; `ignored` means nothing. */
export type Verdict = "success" | "failure" | "ignored"

/**
 * Judges the end of an attempt for a circuit breaker.
 *
 * Failures are timeouts, broken connections, 5xx, 408, replies of another shape, and other errors without a status.
 * Ignored are other 4xx (429 among them), refusals (of a gate here, or of one in front of the model that reports them
 * over HTTP), aborts by the program, programming errors (a `TypeError`, `ReferenceError` or `RangeError` that is no
 * broken connection), and defects that are no error of the model. An error about the content of an answer counts as success: the model
 * answered.
 *
 * @example
 * Failure.classify(Exit.fail(new ModelError(503))) // => "failure"
 * Failure.classify(Exit.fail(new ModelError(429))) // => "ignored"
 * Failure.classify(Exit.succeed("an answer")) // => "success"
 */
export const classify = (exit: Exit.Exit<unknown, unknown>): Verdict => {
  if (Exit.isSuccess(exit)) return "success"
  const failed = Cause.findErrorOption(exit.cause)
  const error = Option.isSome(failed) ? failed.value : Cause.squash(exit.cause)
  if (Option.isNone(failed) && !isOfModel(error)) return "ignored"
  const reason = rejectionOf(error)?.reason
  if (reason !== undefined) {
    // A stalled reader says nothing about the model.
    return reason._tag === "DeadlineExceeded" && reason.started && reason.limit !== "reader" ? "failure" : "ignored"
  }
  if (isRefusalTold(error) || isAbort(error)) return "ignored"
  const status = statusOf(error)
  if (status !== undefined) return status >= 500 || status === 408 ? "failure" : status >= 400 ? "ignored" : "success"
  if (isProgrammingError(error)) return "ignored"
  return isAnswer(error) ? "success" : "failure"
}

const unreached = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

const isConnectFailure = (error: unknown): boolean =>
  Predicate.isObject(error) &&
  ((Predicate.hasProperty(error, "code") && unreached.has(String(error.code))) ||
    (Predicate.hasProperty(error, "cause") && error.cause !== error && isConnectFailure(error.cause)))

/**
 * Whether an attempt failed because no connection to the model came about: the model has done nothing for it.
 *
 * @example
 * Failure.isUnreached(Exit.fail(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))) // => true
 */
export const isUnreached = (exit: Exit.Exit<unknown, unknown>): boolean => isConnectFailure(errorOf(exit))
