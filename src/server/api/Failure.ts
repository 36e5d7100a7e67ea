import { Schema } from "effect"

const types = ["invalid_request_error", "authentication_error", "rate_limit_error", "server_error"] as const

/** What an answer with a status from 400 says, for the codes that go with the status. */
const failure = (identifier: string, status: number, codes: ReadonlyArray<string>, description: string) =>
  Schema.Struct({
    error: Schema.Struct({
      message: Schema.String.annotate({ description: "What is wrong and what to do, for people." }),
      type: Schema.Literals(types),
      param: Schema.NullOr(Schema.String).annotate({ description: "The field or header at fault." }),
      code: Schema.Literals(codes).annotate({ description: "What is wrong, for programs." })
    })
  }).annotate({ identifier, httpApiStatus: status, description })

export const badRequest = failure(
  "BadRequest",
  400,
  ["invalid_request"],
  "The request is not one the gateway understands."
)

export const neverAdmissible = failure(
  "NeverAdmissible",
  400,
  ["invalid_request", "never_admissible"],
  "The request is not one the gateway understands, or larger than any limit will ever admit."
)

export const unauthorized = failure(
  "Unauthorized",
  401,
  ["invalid_api_key"],
  "The gateway has keys, and none of them was shown."
)

export const forbidden = failure(
  "Forbidden",
  403,
  ["forbidden"],
  "The gateway has no keys and listens on loopback, and the request comes under another name or from another page."
)

export const notFound = failure("NotFound", 404, ["not_found"], "There is no such route.")

export const bodyTimeout = failure("BodyTimeout", 408, ["body_timeout"], "The request body did not arrive in time.")

export const bodyTooLarge = failure(
  "BodyTooLarge",
  413,
  ["body_too_large"],
  "The request body is larger than the gateway takes."
)

export const refused = failure(
  "Refused",
  429,
  ["queue_full", "rate_limited"],
  "The queue is full, or a limit is reached. `retry-after` says when to come back."
)

export const unreachable = failure(
  "Unreachable",
  502,
  ["upstream_unreachable"],
  "The model's endpoint could not be reached."
)

export const shuttingDown = failure("ShuttingDown", 503, ["shutting_down"], "The gateway is about to end.")

export const unavailable = failure(
  "Unavailable",
  503,
  ["circuit_open", "shutting_down"],
  "The circuit is open, or the gateway is about to end. `retry-after` says when to come back."
)

export const late = failure(
  "Late",
  504,
  ["deadline_exceeded", "upstream_timeout"],
  "The call could not start in time, or did not end in time. With `retry-after` it has not started."
)
