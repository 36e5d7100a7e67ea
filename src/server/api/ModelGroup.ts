import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import * as Failure from "./Failure.ts"
import { Key } from "./Keys.ts"

const Anything = Schema.Record(Schema.String, Schema.Unknown)

/** A request that the gateway reads a little of, and passes on whole. */
export const request = <Fields extends Schema.Struct.Fields>(identifier: string, fields: Fields, api = "OpenAI") =>
  Schema.StructWithRest(Schema.Struct({ ...fields, stream: Schema.optionalKey(Schema.Boolean) }), [Anything]).annotate({
    identifier,
    description: `As ${api} describes it. What is not named here goes to the model as it came.`
  })

export const Reply = Anything.annotate({ identifier: "Reply", description: "The model's answer, byte for byte." })
export const Parts = Schema.String.annotate({
  description:
    "The parts of the model's answer, byte for byte. What fails after the first is told in a last event, with `error`."
}).pipe(HttpApiSchema.asText({ contentType: "text/event-stream" }))

const text = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

/** What callers may say of a call. */
export const callHeaders = {
  "x-headgate-priority": Schema.optionalKey(
    Schema.Literals(["high", "normal", "low", "0", "1", "2"]).annotate({
      description: "Who goes first; 0, 1 and 2 stand for high, normal and low. Default: normal."
    })
  ),
  "x-headgate-purpose": text("A short label for calls of a kind."),
  "x-headgate-caller": text("Who is calling, for fairness and figures; the name of the key, else anonymous."),
  "x-headgate-deadline-ms": text("Milliseconds from now in which the answer is of use, from 1 to 86400000."),
  "x-stainless-timeout": text("The same in seconds, as OpenAI's and Anthropic's clients send it.")
} as const

const call = {
  headers: callHeaders,
  success: [Reply, Parts],
  error: [
    Failure.neverAdmissible,
    Failure.bodyTimeout,
    Failure.bodyTooLarge,
    Failure.refused,
    Failure.unreachable,
    Failure.unavailable,
    Failure.late
  ]
} as const

const read = { success: Reply, error: [Failure.unreachable, Failure.late] } as const

/** What goes to the model. Calls pass the gate. */
export class ModelGroup extends HttpApiGroup.make("model")
  .add(
    HttpApiEndpoint.post("chat", "/v1/chat/completions", {
      ...call,
      payload: request("ChatRequest", { messages: Schema.Array(Schema.Unknown) })
    }).annotate(OpenApi.Summary, "The next message of a conversation"),
    HttpApiEndpoint.post("completion", "/v1/completions", {
      ...call,
      payload: request("CompletionRequest", { prompt: Schema.Unknown })
    }).annotate(OpenApi.Summary, "How a text goes on"),
    HttpApiEndpoint.post("embeddings", "/v1/embeddings", {
      ...call,
      payload: request("EmbeddingsRequest", { input: Schema.Unknown })
    }).annotate(OpenApi.Summary, "Texts as vectors"),
    HttpApiEndpoint.post("responses", "/v1/responses", {
      ...call,
      payload: request("ResponsesRequest", {})
    }).annotate(OpenApi.Summary, "An answer of the responses API"),
    HttpApiEndpoint.get("models", "/v1/models", read).annotate(OpenApi.Summary, "The models; passes no gate"),
    HttpApiEndpoint.get("model", "/v1/models/:id", {
      ...read,
      params: { id: Schema.String.annotate({ description: "It may hold slashes." }) },
      error: [Failure.notFound, ...read.error]
    }).annotate(OpenApi.Summary, "One model; passes no gate")
  )
  .middleware(Key)
  .annotateMerge(
    OpenApi.annotations({
      title: "Model",
      description:
        "What OpenAI-compatible clients ask of a model. Calls pass the gate; errors of the endpoint pass unchanged."
    })
  ) {}
