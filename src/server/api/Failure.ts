import { Record as Records, Schema } from "effect"

/** An error of the gateway's own: its status, the codes that go with it, and what it means. */
export interface Kind {
  readonly identifier: string
  readonly status: number
  readonly codes: ReadonlyArray<string>
  readonly description: string
}

const kind = (identifier: string, status: number, codes: ReadonlyArray<string>, description: string): Kind => ({
  identifier,
  status,
  codes,
  description
})

const notUnderstood = "The request is not one the gateway understands"
const comeBack = "`retry-after` says when to come back."

export const kinds = {
  badRequest: kind("BadRequest", 400, ["invalid_request"], `${notUnderstood}.`),
  neverAdmissible: kind(
    "NeverAdmissible",
    400,
    ["invalid_request", "never_admissible"],
    `${notUnderstood}, or larger than any limit will ever admit.`
  ),
  unauthorized: kind("Unauthorized", 401, ["invalid_api_key"], "The gateway has keys, and none of them was shown."),
  forbidden: kind(
    "Forbidden",
    403,
    ["forbidden"],
    "The gateway has no keys and listens on loopback, and the request comes under another name or from another page."
  ),
  notFound: kind("NotFound", 404, ["not_found"], "There is no such route."),
  bodyTimeout: kind("BodyTimeout", 408, ["body_timeout"], "The request body did not arrive in time."),
  bodyTooLarge: kind("BodyTooLarge", 413, ["body_too_large"], "The request body is larger than the gateway takes."),
  refused: kind(
    "Refused",
    429,
    ["queue_full", "rate_limited"],
    `The queue is full, or a limit is reached. ${comeBack}`
  ),
  unreachable: kind("Unreachable", 502, ["upstream_unreachable"], "The model's endpoint could not be reached."),
  shuttingDown: kind("ShuttingDown", 503, ["shutting_down"], "The gateway is about to end."),
  unavailable: kind(
    "Unavailable",
    503,
    ["circuit_open", "shutting_down"],
    `The circuit is open, or the gateway is about to end. ${comeBack}`
  ),
  late: kind(
    "Late",
    504,
    ["deadline_exceeded", "upstream_timeout"],
    "The call could not start in time, or did not end in time. With `retry-after` it has not started."
  )
}

export const message = Schema.String.annotate({ description: "What is wrong and what to do, for people." })

/** The code of an error, in the field that clients read. */
export const codeOf = ({ codes }: Kind) =>
  Schema.Literals(codes).annotate({ description: "What is wrong, for programs." })

const types = ["invalid_request_error", "authentication_error", "rate_limit_error", "server_error"] as const

const inOpenAiForm = (kind: Kind) =>
  Schema.Struct({
    error: Schema.Struct({
      message,
      type: Schema.Literals(types),
      param: Schema.NullOr(Schema.String).annotate({ description: "The field or header at fault." }),
      code: codeOf(kind)
    })
  }).annotate({ identifier: kind.identifier, httpApiStatus: kind.status, description: kind.description })

/** The errors in the form of OpenAI's API. */
export const {
  badRequest,
  bodyTimeout,
  bodyTooLarge,
  forbidden,
  late,
  neverAdmissible,
  notFound,
  refused,
  shuttingDown,
  unauthorized,
  unavailable,
  unreachable
} = Records.map(kinds, inOpenAiForm)
