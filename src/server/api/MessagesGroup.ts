import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import * as Failure from "./Failure.ts"
import { callHeaders, Parts, Reply, request } from "./ModelGroup.ts"
import { key } from "./Keys.ts"
import { typeOf } from "../../upstream/MessagesError.ts"

const inMessagesForm = (kind: Failure.Kind) =>
  Schema.Struct({
    type: Schema.Literal("error"),
    error: Schema.Struct({
      type: Schema.Literal(typeOf(kind.status)),
      message: Failure.message,
      details: Schema.Struct({ error_code: Failure.codeOf(kind) })
    }),
    request_id: Schema.String
  }).annotate({
    identifier: `Messages${kind.identifier}`,
    httpApiStatus: kind.status,
    description: kind.description
  })

const { bodyTimeout, bodyTooLarge, forbidden, late, neverAdmissible, refused, unauthorized, unavailable, unreachable } =
  Failure.kinds

const failures = [
  { ...neverAdmissible, identifier: "BadRequest" },
  bodyTimeout,
  bodyTooLarge,
  refused,
  unreachable,
  unavailable,
  late
].map(inMessagesForm)

const apiKey = HttpApiSecurity.apiKey({ key: "x-api-key", in: "header" }).pipe(
  HttpApiSecurity.annotate(OpenApi.Description, "The same, as Anthropic's clients show it.")
)

/** Asks for a key, if the gateway has any, as Anthropic's clients show it. */
export class MessagesKey extends HttpApiMiddleware.Service<MessagesKey>()("headgate/MessagesKey", {
  error: [unauthorized, forbidden].map(inMessagesForm),
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
