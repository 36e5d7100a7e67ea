import { Data, Duration, Effect, Option, Predicate, Schema } from "effect"
import { AiError } from "effect/ai"
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai"
import { isAbort, retryAfterOf } from "../../Failure.ts"
import * as ReportedError from "../../upstream/ReportedError.ts"
import * as Reason from "../chat/Reason.ts"
import { field } from "../chat/ReplyContent.ts"

/** Where a request went, as far as it may be told. */
export interface Place {
  readonly url: string
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string
}

// Longer texts are pages that a proxy put in place of an answer.
const longest = 500

const brief = (text: string, { scrub }: Place): string => scrub(text).slice(0, longest)

// The code is a word, or a status; some servers tell no more than a text.
const Told = Schema.Struct({
  message: Schema.optional(Schema.NullOr(Schema.String)),
  type: Schema.optional(Schema.NullOr(Schema.String)),
  param: Schema.optional(Schema.NullOr(Schema.String)),
  code: Schema.optional(Schema.NullOr(Schema.Union([Schema.String, Schema.Number])))
})
const decodeTold = Schema.decodeUnknownOption(Told)

const toldBy = (error: unknown, status: number, place: Place) => {
  const { code, message, param, type } = Option.getOrElse(decodeTold(error), (): typeof Told.Type => ({}))
  const said = message ?? (Predicate.isString(error) ? error : "The model failed and did not say why.")
  return {
    status,
    code: typeof code === "number" ? String(code) : code,
    type,
    param,
    message: brief(said, place)
  }
}

const kept = ["retry-after", "retry-after-ms", "date", "x-request-id"] as const

const headersOf = (headers: Headers): Readonly<Record<string, string>> =>
  Object.fromEntries(kept.map((name) => [name, headers.get(name) ?? ""]).filter(([, value]) => value !== ""))

// Causes may lead in a circle.
const deepest = 8

// The innermost cause says most: `fetch failed` tells nothing, the refused connection beneath it does.
const innermost = (cause: unknown, depth = 0): string => {
  const beneath = Predicate.hasProperty(cause, "cause") ? cause.cause : undefined
  if (beneath !== undefined && depth < deepest) return innermost(beneath, depth + 1)
  return Predicate.hasProperty(cause, "message") && cause.message !== "" ? String(cause.message) : String(cause)
}

// Beneath a timeout there is only the abort that it made.
const broken = (cause: unknown, place: Place): AiError.NetworkError =>
  new AiError.NetworkError({
    reason: "TransportError",
    method: "POST",
    url: place.url,
    description: brief(cause instanceof APIConnectionTimeoutError ? cause.message : innermost(cause), place)
  })

const errorIn = (answer: unknown): unknown => {
  const holder = Array.isArray(answer) ? answer[0] : answer
  const choices = field(holder, "choices")
  const inChoice = Array.isArray(choices) ? field(choices[0], "error") : undefined
  return [field(holder, "error"), inChoice].find((error) => !Predicate.isNullish(error)) ?? holder
}

/** The failure that an answer, or an event of it, tells of although its status is 200, if it does. */
export const inAnswer = (answer: unknown, place: Place, event?: string): AiError.AiErrorReason | undefined => {
  const reported = ReportedError.of(answer, event)
  if (reported === undefined) return undefined
  const { retryAfterMs, status } = reported
  const retryAfter = retryAfterMs === undefined ? undefined : Duration.millis(retryAfterMs)
  return Reason.of({ ...toldBy(errorIn(answer), status, place), retryAfter })
}

/** A signal of the program ended a request: neither the endpoint nor the SDK did. */
export class RequestAborted extends Data.TaggedError("RequestAborted")<{ readonly cause: unknown }> {}

/**
 * Makes requests so that the abort of a signal that the function has of its own is distinguished from a timeout: the SDK takes every abort
 * for one that is not its own.
 */
export const tellingAborts =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) =>
    fetch(input, init).catch((cause: unknown) =>
      Promise.reject(isAbort(cause) && init?.signal?.aborted !== true ? new RequestAborted({ cause }) : cause)
    )

/** Why a request failed; one that the program aborted is interrupted, since nothing failed. */
export const of = (cause: unknown, place: Place): Effect.Effect<never, AiError.AiErrorReason> =>
  isAbort(cause) ? Effect.interrupt : Effect.fail(reasonOf(cause, place))

/** Says in Effect's words why the SDK failed; what it throws is of its own kinds, or of the runtime's. */
const reasonOf = (cause: unknown, place: Place): AiError.AiErrorReason => {
  if (cause instanceof SyntaxError)
    return new AiError.InvalidResponseError({ description: brief(cause.message, place) })
  // A connection that breaks in the middle of a reply is a bare `TypeError: terminated`.
  if (!(cause instanceof APIError) || cause instanceof APIConnectionError) return broken(cause, place)
  const { error, headers, message, status } = cause
  return Reason.of({
    ...toldBy(error ?? message, status, place),
    retryAfter: retryAfterOf(cause),
    headers: headersOf(headers ?? new Headers())
  })
}
