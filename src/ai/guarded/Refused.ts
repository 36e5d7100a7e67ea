import { Duration } from "effect"
import { AiError } from "effect/ai"
import type { Rejection } from "../../Rejection.ts"

// As over HTTP, where a refusal is 429, 400, 503 or 504.
const reasonOf = ({ reason }: Rejection): AiError.AiErrorReason => {
  const { message: description, retryAfter } = reason
  const retryAfterMs = retryAfter === undefined ? null : Math.ceil(Duration.toMillis(retryAfter))
  const metadata = { headgate: { code: reason.code, retryAfterMs } }
  switch (reason._tag) {
    case "QueueFull":
    case "RateLimited":
      return new AiError.RateLimitError({ metadata })
    case "NeverAdmissible":
      return new AiError.InvalidRequestError({ description, metadata })
    default:
      return new AiError.InternalProviderError({ description, metadata })
  }
}

/** Puts a refusal into Effect's words for what goes wrong with a model, and keeps it as the cause of the reason. */
export const of = (rejection: Rejection, method: string): AiError.AiError => {
  // As with the refusal itself: the stack trace would be nine tenths of the cost, and of no use.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const { message, retryAfter } = rejection.reason
  const reason = Object.defineProperties(reasonOf(rejection), {
    message: { value: message },
    cause: { value: rejection },
    ...(retryAfter !== undefined && { retryAfter: { value: retryAfter, enumerable: true } })
  })
  const error = AiError.make({ module: "GuardedModel", method, reason })
  Error.stackTraceLimit = stackTraceLimit
  return error
}
