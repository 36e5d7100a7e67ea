import { Option, Predicate, Schema } from "effect"
import { AiError } from "effect/ai"
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai"
import { retryAfterOf } from "../../Failure.ts"
import * as Reason from "../chat/Reason.ts"

/** Where a request went, as far as it may be told. */
export interface Place {
  readonly url: string
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string
}

// Who reads an error wants none of a page that a proxy put in place of an answer.
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

const toldBy = (error: unknown, status: number | undefined, place: Place) => {
  const { code, message, param, type } = Option.getOrElse(decodeTold(error), (): typeof Told.Type => ({}))
  const asStatus = typeof code === "number" && Number.isInteger(code) && code >= 400 && code < 600 ? code : undefined
  const said = message ?? (Predicate.isString(error) ? error : "The model failed and did not say why.")
  return {
    status: status ?? asStatus,
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

/** The failure that an answer tells of although its status is 200, if it does. */
export const inAnswer = (answer: unknown, place: Place): AiError.AiErrorReason | undefined =>
  Predicate.hasProperty(answer, "error") && (Predicate.isObject(answer.error) || Predicate.isString(answer.error))
    ? Reason.of(toldBy(answer.error, undefined, place))
    : undefined

/** Says in Effect's words why the SDK failed; what it throws is of its own kinds, or of the runtime's. */
export const of = (cause: unknown, place: Place): AiError.AiErrorReason => {
  if (cause instanceof SyntaxError)
    return new AiError.InvalidResponseError({ description: brief(cause.message, place) })
  // A connection that breaks in the middle of a reply is a bare `TypeError: terminated`.
  if (!(cause instanceof APIError) || cause instanceof APIConnectionError) return broken(cause, place)
  const { error, headers, message, status } = cause
  // What has no status was told in the middle of a stream.
  if (status === undefined || headers === undefined) return Reason.of(toldBy(error, undefined, place))
  return Reason.of({
    ...toldBy(error ?? message, status, place),
    retryAfter: retryAfterOf(cause),
    headers: headersOf(headers)
  })
}
