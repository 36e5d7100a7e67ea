import { Effect, Stream } from "effect"
import OpenAI from "openai"
import type { ChatCompletion, ChatCompletionChunk, Completion, CreateEmbeddingResponse } from "openai/resources"
import type * as Responses from "openai/resources/responses/responses"
import type { ModelError } from "../../../src/ai/ModelError.ts"
import { SimulatedModel } from "../../../src/simulator/SimulatedModel.ts"

type Model = SimulatedModel["Service"]

/** What the official types say, as far as it can be read. */
type Read<A> = A extends object ? { readonly [K in keyof A]: Read<A[K]> } : A

// The client adds the text itself; tools come back as they were asked for; what has no usage yet says null.
type Answer = Omit<Responses.Response, "output_text" | "access_programs" | "tools" | "text" | "usage">

// The types leave out that a part has no reason yet, and that the numbers may come in base64.
type Part = Omit<Completion, "choices" | "usage">
type Vectors = Omit<CreateEmbeddingResponse, "data">

const encoder = new TextEncoder()

const failed = (error: ModelError) => Response.json(error.body, { status: error.status })

const json = <A>(answer: Effect.Effect<Read<A>, ModelError>): Promise<Response> =>
  Effect.runPromise(Effect.match(answer, { onFailure: failed, onSuccess: (reply) => Response.json(reply) }))

/** Writes parts as server-sent events; one that has a type is named after it. */
const events = <A extends object>(parts: Stream.Stream<Read<A>, ModelError>): Response =>
  new Response(
    Stream.toReadableStream(
      parts.pipe(
        Stream.map((part) => `${"type" in part ? `event: ${part.type}\n` : ""}data: ${JSON.stringify(part)}\n\n`),
        Stream.concat(Stream.succeed("data: [DONE]\n\n")),
        Stream.map((text) => encoder.encode(text))
      )
    ),
    { headers: { "content-type": "text/event-stream" } }
  )

const routes = (
  model: Model
): Readonly<Record<string, (body: { stream?: boolean }) => Response | Promise<Response>>> => ({
  "/chat/completions": (body) =>
    body.stream ? events<ChatCompletionChunk>(model.stream(body)) : json<ChatCompletion>(model.complete(body)),
  "/completions": (body) =>
    body.stream ? events<Part>(model.streamText(body)) : json<Completion>(model.completeText(body)),
  "/responses": (body) => (body.stream ? events(model.streamResponse(body)) : json<Answer>(model.respond(body))),
  "/embeddings": (body) => json<Vectors>(model.embeddings(body))
})

/** The official client, talking to the model without a network. */
export const client: Effect.Effect<OpenAI, never, SimulatedModel> = Effect.map(
  SimulatedModel,
  (model) =>
    new OpenAI({
      apiKey: "none",
      maxRetries: 0,
      baseURL: "http://model",
      fetch: async (url, init) => routes(model)[new URL(String(url)).pathname]!(JSON.parse(String(init?.body)))
    })
)
