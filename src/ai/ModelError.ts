import { Data, type Duration } from "effect"

/** A failure as an OpenAI-compatible endpoint reports it. */
export class ModelError extends Data.TaggedError("ModelError")<{
  /** The HTTP status. */
  readonly status: number
  /** The broad kind, such as `invalid_request_error`, `rate_limit_error` or `server_error`. */
  readonly type: string
  readonly code: string | null
  /** The request field at fault. */
  readonly param: string | null
  readonly message: string
  /** When a new attempt makes sense, if the endpoint can tell. */
  readonly retryAfter: Duration.Duration | undefined
}> {
  /** The JSON body of the HTTP answer. */
  get body() {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}
