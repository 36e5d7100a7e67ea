import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import { callHeaders, Parts, Reply, request } from "./ModelGroup.ts"
import { key } from "./Keys.ts"
import { typeOf } from "../../upstream/MessagesError.ts"

/** What an answer with a status from 400 says in Anthropic's form, for the codes that go with the status. */
const failure = (identifier: string, status: number, codes: ReadonlyArray<string>, description: string) =>
  Schema.Struct({
    type: Schema.Literal("error"),
    error: Schema.Struct({
      type: Schema.Literal(typeOf(status)),
      message: Schema.String.annotate({ description: "What is wrong and what to do, for people." }),
      details: Schema.Struct({
        error_code: Schema.Literals(codes).annotate({ description: "What is wrong, for programs." })
      })
    }),
    request_id: Schema.String
  }).annotate({ identifier: `Messages${identifier}`, httpApiStatus: status, description })

const failures = [
  failure(
    "BadRequest",
    400,
    ["invalid_request", "never_admissible"],
    "The request is not one the gateway understands, or larger than any limit will ever admit."
  ),
  failure("BodyTimeout", 408, ["body_timeout"], "The request body did not arrive in time."),
  failure("BodyTooLarge", 413, ["body_too_large"], "The request body is larger than the gateway takes."),
  failure(
    "Refused",
    429,
    ["queue_full", "rate_limited"],
    "The queue is full, or a limit is reached. `retry-after` says when to come back."
  ),
  failure("Unreachable", 502, ["upstream_unreachable"], "The model's endpoint could not be reached."),
  failure(
    "Unavailable",
    503,
    ["circuit_open", "shutting_down"],
    "The circuit is open, or the gateway is about to end. `retry-after` says when to come back."
  ),
  failure(
    "Late",
    504,
    ["deadline_exceeded", "upstream_timeout"],
    "The call could not start in time, or did not end in time. With `retry-after` it has not started."
  )
] as const

const apiKey = HttpApiSecurity.apiKey({ key: "x-api-key", in: "header" }).pipe(
  HttpApiSecurity.annotate(OpenApi.Description, "The same, as Anthropic's clients show it.")
)

/** Asks for a key, if the gateway has any, as Anthropic's clients show it. */
export class MessagesKey extends HttpApiMiddleware.Service<MessagesKey>()("headgate/MessagesKey", {
  error: [
    failure("Unauthorized", 401, ["invalid_api_key"], "The gateway has keys, and none of them was shown."),
    failure(
      "Forbidden",
      403,
      ["forbidden"],
      "The gateway has no keys and listens on loopback, and the request comes under another name or from another page."
    )
  ],
  security: { apiKey, key }
}) {}

const call = { headers: callHeaders, error: failures } as const

const fields = { messages: Schema.Array(Schema.Unknown) }

/** What clients of Anthropic's API ask of a model. */
export class MessagesGroup extends HttpApiGroup.make("messages")
  .add(
    HttpApiEndpoint.post("message", "/v1/messages", {
      ...call,
      success: [Reply, Parts],
      payload: request("MessagesRequest", fields, "Anthropic")
    }).annotate(OpenApi.Summary, "The next message of a conversation"),
    HttpApiEndpoint.post("tokens", "/v1/messages/count_tokens", {
      ...call,
      success: Reply,
      payload: request("CountTokensRequest", fields, "Anthropic")
    }).annotate(OpenApi.Summary, "The tokens of a conversation; passes the gate and reserves no tokens")
  )
  .middleware(MessagesKey)
  .annotateMerge(
    OpenApi.annotations({
      title: "Messages",
      description: "What clients of Anthropic's API ask of a model. Errors of the gateway's own have that API's form."
    })
  ) {}
