/** What Anthropic's Messages API calls an error of a status. */
export const typeOf = (status: number): string => {
  switch (status) {
    case 401:
      return "authentication_error"
    case 402:
      return "billing_error"
    case 403:
      return "permission_error"
    case 404:
      return "not_found_error"
    case 413:
      return "request_too_large"
    case 429:
      return "rate_limit_error"
    case 503:
    case 529:
      return "overloaded_error"
    case 504:
      return "timeout_error"
    default:
      return status >= 500 ? "api_error" : "invalid_request_error"
  }
}

/** An error as that API's clients read it: they keep `error_code` as the error's code. */
export const bodyOf = (
  { code, message, status }: { readonly status: number; readonly code: string | null; readonly message: string },
  requestId: string | undefined
) => ({
  type: "error" as const,
  error: { type: typeOf(status), message, ...(code !== null && { details: { error_code: code } }) },
  ...(requestId !== undefined && { request_id: requestId })
})
