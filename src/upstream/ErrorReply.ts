type Kind = "invalid_request_error" | "authentication_error" | "rate_limit_error" | "server_error"

/** An error of headgate's own as an HTTP response. */
export interface ErrorReply {
  readonly status: number
  readonly code: string
  readonly message: string
  /** The field or header at fault. */
  readonly param?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const kindOf = (status: number): Kind => {
  if (status === 401) return "authentication_error"
  if (status === 429) return "rate_limit_error"
  return status >= 500 ? "server_error" : "invalid_request_error"
}

/** The JSON body that OpenAI-compatible clients expect of an error. */
export const bodyOf = ({ code, message, param, status }: ErrorReply) => ({
  error: { message, type: kindOf(status), param: param ?? null, code }
})

/** The request is malformed. */
export const invalidRequest = (param: string | undefined, message: string): ErrorReply => ({
  status: 400,
  code: "invalid_request",
  param,
  message
})

/** The request body is larger than `limit` bytes. */
export const bodyTooLarge = (limit: number): ErrorReply => ({
  status: 413,
  code: "body_too_large",
  message: `The request body is larger than the limit of ${limit} bytes.`
})

/** The model is unreachable, or its response is broken. */
export const upstreamUnreachable = (message: string): ErrorReply => ({
  status: 502,
  code: "upstream_unreachable",
  message
})
