import type { Duration } from "effect"
import { AiError } from "effect/ai"

/** A failure as an OpenAI-compatible endpoint tells it. */
export interface Failure {
  /** The HTTP status; `undefined` for a failure told in the middle of a stream. */
  readonly status: number | undefined
  readonly code?: string | null | undefined
  readonly type?: string | null | undefined
  /** The request field at fault. */
  readonly param?: string | null | undefined
  readonly message: string
  readonly retryAfter?: Duration.Duration | undefined
  /** Headers of the reply worth keeping. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const isQuota = ({ code, status, type }: Failure): boolean =>
  code === "insufficient_quota" || type === "insufficient_quota" || status === 402

const isPolicy = ({ code }: Failure): boolean => code === "content_filter" || code === "content_policy_violation"

/** Says in Effect's words why a request failed. */
export const of = (failure: Failure): AiError.AiErrorReason => {
  const { code, headers = {}, message: description, param, retryAfter, status = 500, type } = failure
  const metadata = { openai: { status: failure.status ?? null, code: code ?? null, type: type ?? null } }
  const http = failure.status === undefined ? undefined : { response: { status, headers } }
  // No waiting mends an empty account, so that nothing may take this for a limit that passes: a 429 is not told.
  if (isQuota(failure)) return new AiError.QuotaExhaustedError({ metadata, http: status === 429 ? undefined : http })
  if (isPolicy(failure)) return new AiError.ContentPolicyError({ description, metadata, http })
  if (status === 401) return new AiError.AuthenticationError({ kind: "InvalidKey", description, metadata, http })
  if (status === 403) {
    return new AiError.AuthenticationError({ kind: "InsufficientPermissions", description, metadata, http })
  }
  if (status === 429) {
    return new AiError.RateLimitError({ ...(retryAfter !== undefined && { retryAfter }), metadata, http })
  }
  if (status >= 500 || status === 408) return new AiError.InternalProviderError({ description, metadata, http })
  if (status >= 400) {
    return new AiError.InvalidRequestError({ ...(param && { parameter: param }), description, metadata, http })
  }
  return new AiError.UnknownError({ description, metadata, http })
}
